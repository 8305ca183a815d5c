import { writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { ProgressLine } from '../chaos/progress-line.ts'
import { brokerBench } from './broker-bench.ts'
import { frameBench } from './frame-bench.ts'
import { graphBench } from './graph-bench.ts'
import { lagBench } from './lag-bench.ts'
import { type Bench, type Measured, measure } from './measure.ts'
import { type BenchReport, formatBench } from './report.ts'
import { measureShares } from './share-bench.ts'

const usage = `npm run bench -- [--json FILE]

Measures graphs, frames, broker and event loop, each as a ratio to a reference that is measured in the
same rounds, and what encoding and decoding are of every stage of VGG16. About a minute.
`

/** By what the progress line says. */
const benches: Readonly<Record<string, () => Promise<Bench | undefined>>> = {
  graphs: graphBench,
  frames: frameBench,
  brokers: brokerBench,
  'event loop': lagBench,
}

async function main(): Promise<void> {
  const options = { json: { type: 'string' }, help: { type: 'boolean', default: false } } as const
  const { values } = parseArgs({ options })
  if (values.help) return void process.stdout.write(usage)
  const report = await run()
  process.stdout.write(`${formatBench(report)}\n`)
  if (values.json) await writeFile(values.json, `${JSON.stringify(report, undefined, 2)}\n`)
}

async function run(): Promise<BenchReport> {
  const line = new ProgressLine()
  const ratios: Measured[] = []
  const skipped: string[] = []
  for (const [name, open] of Object.entries(benches)) {
    line.show(name)
    const bench = await open()
    if (bench) ratios.push(...(await measure(bench).finally(() => bench.close())))
    else skipped.push(`${name}: install Debian's mosquitto to have something to compare with`)
  }
  line.show('encoding and decoding of VGG16')
  const shares = await measureShares()
  line.clear()
  return { ratios, shares, skipped }
}

try {
  await main()
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n\n${usage}`)
  process.exitCode = 2
}
