import { writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import type { BrokerKind } from './chaos-broker.ts'
import { formatDetection, isQuick, measureDetection } from './detection.ts'
import { brokerKind, networkKind, wholeNumber } from './flags.ts'
import { ProgressLine } from './progress-line.ts'
import { formatReport, isKept } from './report.ts'
import { type NetworkKind, runChaos } from './run-chaos.ts'
import { formatDeaths, measureDeaths } from './sudden-deaths.ts'

const usage = `npm run chaos -- [--requests N] [--seed S] [--json FILE] [--every N] [--broker B] [--network N]
                 [--calm] [--verbose] [--keep]
npm run chaos -- --detection [--json FILE]

Starts a virtual cluster of six devices, sends it N requests and meanwhile does harm to every part of
it, as the seed says. Exit code 0 if every request has ended in the right answer or an explicit error.

  --requests N   default 1000, which takes about two minutes
  --seed S       default 1; the same seed has the same requests and the same faults
  --json FILE    also writes the report there
  --every N      requests per fault, default 20
  --broker B     own (default), mosquitto or nats: the broker that all of them use, and that is killed
  --network N    auto (default), namespaces or relay: a device is cut off by pulling the cable of its
                 network namespace, which takes root, or by ending its connections
  --calm         the same requests without any fault, to compare with
  --verbose      says every fault, and everything that was not a right answer
  --keep         keeps the folder with the logs of all daemons
  --detection    measures instead how long it takes to notice that a device has died, and what it
                 costs that as many die during a request as the code can spare
`

interface Arguments {
  readonly requests: number
  readonly seed: number
  readonly json: string | undefined
  readonly requestsPerFault: number
  readonly broker: BrokerKind
  readonly network: NetworkKind
  readonly detection: boolean
  readonly calm: boolean
  readonly verbose: boolean
  readonly keep: boolean
}

function readArguments(): Arguments {
  const { values } = parseArgs({
    options: {
      requests: { type: 'string', default: '1000' },
      seed: { type: 'string', default: '1' },
      json: { type: 'string' },
      every: { type: 'string', default: '20' },
      broker: { type: 'string', default: 'own' },
      network: { type: 'string', default: 'auto' },
      detection: { type: 'boolean', default: false },
      calm: { type: 'boolean', default: false },
      verbose: { type: 'boolean', default: false },
      keep: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) {
    process.stdout.write(usage)
    process.exit(0)
  }
  const [requests, seed] = [
    wholeNumber('requests', values.requests),
    wholeNumber('seed', values.seed),
  ]
  const { json, detection, calm, verbose, keep } = values
  const requestsPerFault = wholeNumber('every', values.every)
  const [broker, network] = [brokerKind(values.broker), networkKind(values.network)]
  return { requests, seed, json, requestsPerFault, broker, network, detection, calm, verbose, keep }
}

async function main(): Promise<void> {
  const { json, verbose, keep, detection, ...run } = readArguments()
  const line = new ProgressLine()
  if (detection) return detect({ json, line, seed: run.seed })
  const report = await runChaos({
    ...{ ...run, keepFolder: keep },
    onProgress: text => line.show(text),
    ...(verbose ? { onNote: (note: string) => line.print(note) } : {}),
  }).finally(() => line.clear())
  process.stdout.write(`${formatReport(report)}\n`)
  if (json !== undefined) await writeFile(json, `${JSON.stringify(report, undefined, 2)}\n`)
  if (!isKept(report)) process.exitCode = 1
}

async function detect(run: { json: string | undefined; line: ProgressLine; seed: number }) {
  const { json, line, seed } = run
  const onProgress = (text: string) => line.show(text)
  const detection = await measureDetection({ seed, onProgress }).finally(() => line.clear())
  process.stdout.write(`${formatDetection(detection)}\n`)
  const deaths = await measureDeaths({ seed, onProgress }).finally(() => line.clear())
  process.stdout.write(`${formatDeaths(deaths)}\n`)
  const report = { ...detection, deaths }
  if (json !== undefined) await writeFile(json, `${JSON.stringify(report, undefined, 2)}\n`)
  if (!isQuick(detection)) process.exitCode = 1
}

try {
  await main()
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n\n${usage}`)
  process.exitCode = 2
}
