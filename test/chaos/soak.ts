import { writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { brokerKind, networkKind, wholeNumber } from './flags.ts'
import { ProgressLine } from './progress-line.ts'
import { isKept } from './report.ts'
import { formatSoak, runSoak } from './run-soak.ts'

const usage = `npm run soak -- --minutes M [--seed S] [--json FILE] [--every N] [--broker B]
                [--network N] [--verbose] [--keep]

Keeps a virtual cluster of six devices busy for M minutes, does harm to it now and then, and tells what
npm run chaos tells, and the resident memory of every process. Exit code 0 if every request has ended
in the right answer or an explicit error. One that was started again has its longest life told.

  --minutes M    how long, parts of a minute too
  --seed S       default 1; the same seed has the same requests and the same faults
  --json FILE    also writes the report there
  --every N      requests per fault, default 100, which is one fault in about ten seconds
  --broker B     own (default), mosquitto or nats
  --network N    auto (default), namespaces or relay; see npm run chaos -- --help
  --verbose      says every fault, and everything that was not a right answer
  --keep         keeps the folder with the logs of all daemons
`

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string' },
      seed: { type: 'string', default: '1' },
      json: { type: 'string' },
      every: { type: 'string', default: '100' },
      broker: { type: 'string', default: 'own' },
      network: { type: 'string', default: 'auto' },
      verbose: { type: 'boolean', default: false },
      keep: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return void process.stdout.write(usage)
  const line = new ProgressLine()
  const report = await runSoak({
    forMs: milliseconds(values.minutes),
    seed: wholeNumber('seed', values.seed),
    requestsPerFault: wholeNumber('every', values.every),
    broker: brokerKind(values.broker),
    network: networkKind(values.network),
    keepFolder: values.keep,
    onProgress: text => line.show(text),
    ...(values.verbose ? { onNote: (note: string) => line.print(note) } : {}),
  }).finally(() => line.clear())
  process.stdout.write(`${formatSoak(report)}\n`)
  if (values.json !== undefined) {
    await writeFile(values.json, `${JSON.stringify(report, undefined, 2)}\n`)
  }
  if (!isKept(report)) process.exitCode = 1
}

function milliseconds(minutes: string | undefined): number {
  const value = Number(minutes)
  if (Number.isFinite(value) && value > 0) return value * 60_000
  throw new TypeError(`--minutes must be a number above 0, got ${minutes ?? 'none'}`)
}

try {
  await main()
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n\n${usage}`)
  process.exitCode = 2
}
