import { parseArgs } from 'node:util'
import { fuzzBroker } from './fuzz-broker.ts'
import { GuardedFuzzing } from './guarded-fuzzing.ts'
import type { Outcome } from './outcome.ts'
import { fuzzedParsers } from './parsers/index.ts'
import { describe, table } from './report.ts'

const usage = `npm run fuzz -- [--count N] [--seed S] [PARSER …]

Feeds every parser with N damaged payloads (images: a tenth), then a broker with N damaged MQTT packets,
and prints what became of them. PARSER may be "broker".
The same seed makes the same payloads. Exit code 1 if anything was found.`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    count: { type: 'string', default: '10000' },
    seed: { type: 'string', default: '1' },
    help: { type: 'boolean', default: false },
  },
})

function wholeNumber(flag: string, text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text)
  throw new Error(`--${flag} must be a whole number, not "${text}"`)
}

function chosenParsers() {
  const names = [...fuzzedParsers.map(({ name }) => name), 'broker']
  const unknown = positionals.find(name => !names.includes(name))
  if (unknown) throw new Error(`no parser "${unknown}"; there are ${names.join(', ')}`)
  return fuzzedParsers.filter(({ name }) => positionals.length === 0 || positionals.includes(name))
}

async function fuzzAll(options: { count: number; seed: number }): Promise<Outcome[]> {
  const fuzzing = new GuardedFuzzing()
  const outcomes: Outcome[] = []
  for (const parser of chosenParsers()) {
    outcomes.push(await fuzzing.fuzz(parser, options))
    if (process.stderr.isTTY) process.stderr.write(`${parser.name} done\n`)
  }
  await fuzzing.close()
  return outcomes
}

async function main(): Promise<boolean> {
  const count = wholeNumber('count', values.count)
  const seed = wholeNumber('seed', values.seed)
  const outcomes = await fuzzAll({ count, seed })
  if (outcomes.length > 0) console.log(table(outcomes))
  const findings = outcomes.flatMap(outcome => outcome.findings)
  for (const finding of findings) console.log(`\n${describe(finding)}`)
  if (positionals.length > 0 && !positionals.includes('broker')) return findings.length === 0
  const { text, isSound } = await fuzzBroker({ count, seed })
  console.log(`\n${text}`)
  return findings.length === 0 && isSound
}

if (values.help) console.log(usage)
else if (!(await main())) process.exitCode = 1
