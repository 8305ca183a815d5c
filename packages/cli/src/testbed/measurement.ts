import type { InferenceAnswer } from '@cocoi/protocol'
import { quantile, type Trial } from '../report.ts'

/** Means over the inferences of one scheme, in milliseconds of a Pi. */
export interface Phases {
  /** Until the inference begins: queue, image. */
  readonly before: number
  /** Local layers before the stages, cutting and encoding. */
  readonly head: number
  /** From sending the subtasks to having enough results. */
  readonly wait: number
  readonly decode: number
  /** Local layers after the last stage, and handing tensors to the engine; all where nothing is distributed. */
  readonly rest: number
  /** The way of the answer, and of the request. */
  readonly transfer: number
}

export interface Latency {
  readonly p50: number
  readonly p99: number
  readonly mean: number
  /** Standard deviation. */
  readonly spread: number
  readonly all: readonly number[]
}

/** One scheme in one scenario; times in milliseconds of a Pi. */
export interface Measurement {
  readonly scenario: string
  readonly scheme: string
  /** What it ran as at last: a scheme that leaves something open is decided by the coordinator. */
  readonly ranAs: string
  /** Why the planner chose that, where it did. */
  readonly why?: string
  readonly latencyMs: Latency
  /** Median over that of `uncoded` in this scenario, where that was measured. */
  readonly toUncoded: number | undefined
  readonly phases: Phases
  /** Stages of the last inference. */
  readonly stages: InferenceAnswer['stages']
  readonly maxRelError: number
  readonly errors: readonly string[]
  readonly ok: boolean
}

/** What a trial took by the clock of this machine, which runs `dilation` times faster than that of a Pi. */
export interface Sample {
  readonly scheme: string
  readonly trial: Trial
}

/** Puts the samples of one scenario together, in the order of these schemes. */
export function summariseSamples(
  samples: readonly Sample[],
  {
    scenario,
    dilation,
    schemes,
  }: { scenario: string; dilation: number; schemes: readonly string[] },
): Measurement[] {
  const trialsOf = (scheme: string) =>
    samples.filter(one => one.scheme === scheme).map(({ trial }) => trial)
  const runs = schemes.map(scheme => ({
    ...{ scenario, scheme },
    ...summary(trialsOf(scheme), dilation),
  }))
  const uncoded = runs.find(({ scheme }) => scheme === 'uncoded')?.latencyMs.p50
  return runs.map(run => ({
    ...run,
    toUncoded: uncoded === undefined ? undefined : run.latencyMs.p50 / uncoded,
  }))
}

function summary(trials: readonly Trial[], dilation: number) {
  const answers = trials.map(({ answer }) => answer).filter(answer => answer !== undefined)
  const last = answers.at(-1)
  return {
    ranAs: last?.plan.kind === 'stages' ? last.plan.scheme : (last?.plan.kind ?? 'no answer'),
    ...(last?.plan.why === undefined ? {} : { why: last.plan.why }),
    latencyMs: latencyOf(trials.map(({ latencyMs }) => latencyMs / dilation)),
    phases: phasesOf(trials, dilation),
    stages: last?.stages ?? [],
    maxRelError: trials.reduce((most, { maxRelError }) => Math.max(most, maxRelError), 0),
    errors: [...new Set(trials.flatMap(({ error }) => error ?? []))],
    ok: trials.every(({ ok }) => ok),
  }
}

export function latencyOf(all: readonly number[]): Latency {
  const mean = meanOf(all)
  const spread = Math.sqrt(meanOf(all.map(value => (value - mean) ** 2)))
  return { p50: median(all), p99: quantile(all, 0.99), mean, spread, all }
}

/** Between the two in the middle, of an even number. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  if (sorted.length % 2 === 1) return sorted[middle]!
  return ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length)
}

function phasesOf(trials: readonly Trial[], dilation: number): Phases {
  const answered = trials.flatMap(({ answer, latencyMs }) =>
    answer ? [phasesOfAnswer(answer, latencyMs)] : [],
  )
  const mean = (phase: keyof Phases) => meanOf(answered.map(one => one[phase])) / dilation
  return {
    ...{ before: mean('before'), head: mean('head'), wait: mean('wait') },
    ...{ decode: mean('decode'), rest: mean('rest'), transfer: mean('transfer') },
  }
}

function phasesOfAnswer({ timing, stages }: InferenceAnswer, latencyMs: number): Phases {
  const sum = (of: 'headMs' | 'waitMs' | 'decodeMs') =>
    stages.reduce((total, stage) => total + stage[of], 0)
  const [head, wait, decode] = [sum('headMs'), sum('waitMs'), sum('decodeMs')]
  return {
    before: timing.totalMs - timing.inferenceMs,
    ...{ head, wait, decode, rest: timing.inferenceMs - head - wait - decode },
    transfer: latencyMs - timing.totalMs,
  }
}
