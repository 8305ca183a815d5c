import type { TimedFault } from './fault.ts'
import type { BrokerStart } from './injector.ts'
import type { Outcome } from './load.ts'

/** What a chaos run found, as `--json` writes it. */
export interface ChaosReport {
  readonly sent: number
  readonly right: number
  readonly wrong: number
  /** Explicit errors by code. */
  readonly errors: Readonly<Record<string, number>>
  readonly lost: number
  readonly duplicates: number
  readonly latencyMs: { readonly p50: number; readonly p99: number }
  readonly faults: readonly TimedFault[]
  readonly seed: number
  /** Which broker it was, and which one it was swapped for. */
  readonly broker: string
  readonly swappedFor: string
  /** Whether a cut is a cable that is out, or the end of connections. */
  readonly network: 'namespaces' | 'relay'
  readonly brokerStarts: readonly BrokerStart[]
  /** Kinds of faults that this machine cannot have, and why. */
  readonly skipped: Readonly<Record<string, string>>
  /** Devices online when everything had been repaired, of how many, and after how long. */
  readonly recovery: { readonly online: number; readonly devices: number; readonly ms: number }
  /** What else must not happen, such as a daemon that did not start again. */
  readonly problems: readonly string[]
}

/** After a broker has come up, what is retained is there again within this time. */
export const stateBackLimitMs = 5000

/** The promise is kept: nothing lost, wrong or computed twice, and the cluster is whole again. */
export function isKept(report: ChaosReport): boolean {
  const { lost, wrong, duplicates, problems, recovery, brokerStarts } = report
  const stateIsBack = brokerStarts.every(({ stateBackMs: ms }) => ms && ms <= stateBackLimitMs)
  const isWhole = stateIsBack && recovery.online === recovery.devices
  return isWhole && lost + wrong + duplicates + problems.length === 0
}

/** Counts outcomes. */
export function tally(outcomes: readonly Outcome[]) {
  const count = (end: Outcome['end']) => outcomes.filter(outcome => outcome.end === end).length
  const errors: Record<string, number> = {}
  for (const outcome of outcomes) {
    if (outcome.end === 'error') errors[outcome.code] = (errors[outcome.code] ?? 0) + 1
  }
  const latencies = outcomes
    .flatMap(outcome => (outcome.end === 'right' ? [outcome.latencyMs] : []))
    .sort((a, b) => a - b)
  const quantile = (q: number) => Math.round(latencies[Math.ceil(q * latencies.length) - 1] ?? 0)
  return {
    sent: outcomes.length,
    right: count('right'),
    wrong: count('wrong'),
    errors,
    lost: count('lost'),
    latencyMs: { p50: quantile(0.5), p99: quantile(0.99) },
  }
}

/** The report for people. */
export function formatReport(report: ChaosReport): string {
  const { latencyMs, recovery, faults } = report
  const kinds = new Map<string, number>()
  for (const { kind } of faults) kinds.set(kind, (kinds.get(kind) ?? 0) + 1)
  const lines = [
    ['seed', report.seed],
    ['sent', report.sent],
    ['right', report.right],
    ['wrong', report.wrong],
    ['explicit errors', listOf(Object.entries(report.errors)) || 'none'],
    ['lost', report.lost],
    ['duplicates', report.duplicates],
    ['latency', `p50 ${latencyMs.p50} ms, p99 ${latencyMs.p99} ms`],
    ['faults', `${faults.length}: ${listOf([...kinds].sort())}`],
    ['broker', `${report.broker}; swapped for: ${report.swappedFor}`],
    ['network cuts', report.network === 'relay' ? 'ended connections' : 'cables of namespaces'],
    ['retained state', stateLine(report.brokerStarts)],
    ...Object.entries(report.skipped).map(([kind, why]) => ['skipped', `${kind}: ${why}`]),
    [
      'recovery',
      `${recovery.online} of ${recovery.devices} devices online ${recovery.ms} ms after the last repair`,
    ],
    ...report.problems.map(problem => ['problem', problem]),
  ]
  return lines.map(([name, value]) => `${`${name}`.padEnd(16)} ${value}`).join('\n')
}

function stateLine(starts: readonly BrokerStart[]): string {
  if (starts.length === 0) return 'the broker was left alone'
  const times = starts.map(({ stateBackMs }) => stateBackMs ?? Number.POSITIVE_INFINITY)
  const worst = Math.max(...times)
  const said = worst === Number.POSITIVE_INFINITY ? 'not after each' : `within ${worst} ms`
  return `back ${said} of ${starts.length} starts of a broker (limit ${stateBackLimitMs})`
}

function listOf(counts: readonly (readonly [string, number])[]): string {
  return counts.map(([name, count]) => `${name} ${count}`).join(', ')
}
