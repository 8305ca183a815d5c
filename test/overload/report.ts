import type { Memory } from './memory-record.ts'
import type { Counts } from './tally.ts'

/** What came of one load. */
export interface LoadReport extends Counts {
  /** In multiples of the sustainable rate. */
  readonly times: number
  readonly perSecond: number
  readonly sent: number
  /** Right answers in time, per second. */
  readonly goodput: number
  /** Requests that have not ended in any way, long after their deadline. */
  readonly lost: number
  /** What was wrong with wrong answers. */
  readonly details: readonly string[]
}

/** One minute of the heaviest load; the memory is undefined where the system does not tell. */
export interface MinuteReport {
  readonly minute: number
  readonly goodput: number
  readonly memory: Memory | undefined
}

/** What an overload run found, as `--json` writes it. */
export interface OverloadReport {
  readonly model: string
  readonly devices: number
  readonly deadlineMs: number
  readonly maxWaiting: number
  /** Answers per second where everybody waits for one before asking for the next. */
  readonly sustainablePerSecond: number
  /** Offered in turns. */
  readonly loads: readonly LoadReport[]
  /** The heaviest one, minute after minute. */
  readonly sustained: LoadReport
  readonly minutes: readonly MinuteReport[]
  /** The most that heartbeats of the coordinator have told. */
  readonly most: {
    readonly running: number
    readonly waiting: number
    readonly eventLoopLagMs: number
  }
}

/** How far goodput may fall below its peak, and memory rise above that after the first minute. */
const tolerance = 0.1

/** Share of the best goodput that is left under the heaviest load. */
export function goodputKept({ loads }: OverloadReport): number {
  return loads.at(-1)!.goodput / Math.max(...loads.map(({ goodput }) => goodput))
}

/** By process, memory at the end as a multiple of that after the first minute. */
export function memoryGrowth({ minutes }: OverloadReport): Record<string, number> {
  const [first, last] = [minutes[0]?.memory ?? {}, minutes.at(-1)?.memory ?? {}]
  return Object.fromEntries(Object.keys(first).map(name => [name, last[name]! / first[name]!]))
}

/** Whether goodput and memory are as promised, and every request was answered right or refused. */
export function isKept(report: OverloadReport): boolean {
  const all = [...report.loads, report.sustained]
  const failures = all.reduce((sum, { wrong, lost }) => sum + wrong + lost, 0)
  const growth = Object.values(memoryGrowth(report))
  const isFlat = growth.every(factor => factor <= 1 + tolerance)
  return failures === 0 && goodputKept(report) >= 1 - tolerance && isFlat
}

/** The report for people. */
export function formatReport(report: OverloadReport): string {
  const { sustainablePerSecond, loads, sustained, minutes, most } = report
  const { deadlineMs, maxWaiting } = report
  return [
    `sustainable ${sustainablePerSecond.toFixed(1)} per second; deadline ${deadlineMs} ms`,
    '',
    ...loads.map(formatLoad),
    '',
    'and then for minutes',
    formatLoad(sustained),
    ...minutes.map(formatMinute),
    '',
    `most at a time   ${most.running} running, ${most.waiting} waiting (limit ${maxWaiting}), ` +
      `event loop ${Math.round(most.eventLoopLagMs)} ms late`,
    `goodput          ${percent(goodputKept(report))} of its peak at ×${loads.at(-1)!.times} ` +
      `(promised: ${percent(1 - tolerance)})`,
    formatGrowth(report),
    isKept(report) ? 'kept' : 'NOT KEPT',
  ].join('\n')
}

function formatLoad(load: LoadReport): string {
  const { times, perSecond, goodput, sent, right, late, wrong, lost, unsent, refused } = load
  const { p50, p99 } = load.latencyMs
  const codes = Object.entries(refused).map(([code, count]) => `${code} ${count}`)
  return (
    `×${`${times}`.padEnd(4)} ${perSecond.toFixed(0).padStart(5)}/s offered  ` +
    `goodput ${goodput.toFixed(1).padStart(5)}/s  p50 ${p50} ms, p99 ${p99} ms\n` +
    `      ${sent} sent: ${right} right, ${late} late, ${wrong} wrong, ${lost} lost, ` +
    `${unsent} unsent; ${codes.join(', ') || 'none refused'}` +
    load.details.map(detail => `\n      ${detail}`).join('')
  )
}

function formatMinute({ minute, goodput, memory }: MinuteReport): string {
  const sizes = Object.entries(memory ?? {}).map(([name, bytes]) => `${name} ${megabytes(bytes)}`)
  const told = sizes.join(', ') || 'memory unknown on this system'
  return `minute ${`${minute}`.padStart(2)}  goodput ${goodput.toFixed(1)}/s  ${told}`
}

function formatGrowth(report: OverloadReport): string {
  if (report.minutes.length < 2) return 'memory           one minute alone tells of no growth'
  const growth = Object.entries(memoryGrowth(report))
  const told = growth.map(([name, factor]) => `${name} ${percent(factor)}`).join(', ')
  return `memory           ${told} of that after the first minute (promised: ${percent(1 + tolerance)})`
}

const percent = (share: number) => `${(100 * share).toFixed(0)} %`
const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(0)} MB`
