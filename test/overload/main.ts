import { writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { ProgressLine } from '../chaos/progress-line.ts'
import { formatReport, isKept } from './report.ts'
import { runOverload } from './run-overload.ts'

const usage = `npm run overload -- [--minutes M] [--times T] [--seed S] [--json FILE]

Starts a virtual cluster of three devices, finds the rate at which it answers when everybody waits for
an answer before asking again, and offers it that, twice that, and up to T times that, in turns, and
then the last for M minutes, from four sensors and two cameras. Exit code 0 if no answer was wrong, no
request lost, goodput at T times within 10 % of the best one, and no memory in the end more than 10 %
above that after the first minute.

  --minutes M   default 3
  --times T     default 10
  --seed S      of the model and the pictures, default 1
  --json FILE   also writes the report there
`

function readArguments() {
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string', default: '3' },
      times: { type: 'string', default: '10' },
      seed: { type: 'string', default: '1' },
      json: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) {
    process.stdout.write(usage)
    process.exit(0)
  }
  const [minutes, times, seed] = (['minutes', 'times', 'seed'] as const).map(name =>
    wholeNumber(name, values[name]),
  ) as [number, number, number]
  return { minutes, times, seed, json: values.json }
}

function wholeNumber(name: string, text: string): number {
  const value = Number(text)
  if (Number.isSafeInteger(value) && value > 0) return value
  throw new TypeError(`--${name} must be a whole number from 1 on, got ${text}`)
}

const size = { loadMs: 10_000, rounds: 3 }

async function main(): Promise<void> {
  const { json, ...run } = readArguments()
  const line = new ProgressLine()
  const onProgress = (text: string) => line.show(text)
  const report = await runOverload({ ...run, ...size, onProgress }).finally(() => line.clear())
  process.stdout.write(`${formatReport(report)}\n`)
  if (json !== undefined) await writeFile(json, `${JSON.stringify(report, undefined, 2)}\n`)
  if (!isKept(report)) process.exitCode = 1
}

try {
  await main()
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n\n${usage}`)
  process.exitCode = 2
}
