import type { InferenceAnswer } from '@cocoi/protocol'

/** One request that was measured. */
export interface Trial {
  readonly input: string
  readonly latencyMs: number
  readonly answer: InferenceAnswer | undefined
  /** Why there is no answer. */
  readonly error: string | undefined
  readonly maxAbsError: number
  /** Relative to the largest magnitude of the output. */
  readonly maxRelError: number
  readonly ok: boolean
}

/** All that was measured of one scheme in one situation; the form of `--json`. */
export interface RunReport {
  readonly scheme: string
  readonly devices: number
  readonly killed: number
  readonly frozen: number
  readonly slowed: number
  readonly latencyMs: { readonly p50: number; readonly p99: number; readonly all: number[] }
  readonly maxAbsError: number
  readonly maxRelError: number
  /** Of one request, the median: from the coordinator to the devices, and back. */
  readonly bytesOut: number
  readonly bytesIn: number
  /** Stages of the last request. */
  readonly stages: InferenceAnswer['stages']
  readonly notes: readonly string[]
  readonly errors: readonly string[]
  readonly ok: boolean
}

/** What `--json FILE` holds. */
export interface Report {
  readonly model: string
  readonly runs: readonly RunReport[]
  readonly ok: boolean
}

export interface Situation {
  readonly scheme: string
  readonly devices: number
  readonly killed: number
  readonly frozen: number
  readonly slowed: number
}

/** Puts the trials of one situation together. */
export function summarise(situation: Situation, trials: readonly Trial[]): RunReport {
  const all = trials.map(({ latencyMs }) => latencyMs)
  const answers = trials.map(({ answer }) => answer).filter(answer => answer !== undefined)
  return {
    ...situation,
    latencyMs: { p50: quantile(all, 0.5), p99: quantile(all, 0.99), all },
    maxAbsError: largest(trials.map(({ maxAbsError }) => maxAbsError)),
    maxRelError: largest(trials.map(({ maxRelError }) => maxRelError)),
    bytesOut: quantile(
      answers.map(({ bytes }) => bytes.out),
      0.5,
    ),
    bytesIn: quantile(
      answers.map(({ bytes }) => bytes.in),
      0.5,
    ),
    stages: answers.at(-1)?.stages ?? [],
    notes: [...new Set(answers.flatMap(({ plan }) => plan.notes))],
    errors: [...new Set(trials.flatMap(({ error }) => error ?? []))],
    ok: trials.length > 0 && trials.every(({ ok }) => ok),
  }
}

/** The smallest value that at least the given share of the values does not exceed (nearest rank). */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0
}

/** Of any number of values: spread into arguments they would exhaust the stack. */
function largest(values: readonly number[]): number {
  return values.reduce((most, value) => Math.max(most, value), 0)
}
