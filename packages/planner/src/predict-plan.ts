import { Codes } from './codes.ts'
import type { Draws } from './draws.ts'
import type { PlanLoad } from './plan-load.ts'
import type { CoordinatorProfile, Fleet } from './profile.ts'
import type { StageLoad } from './stage-load.ts'
import { type Busy, StageSampler } from './stage-sampler.ts'
import { type LatencySummary, summarise } from './summary.ts'
import { addWork, type Work, workMs } from './work.ts'

export interface PredictOptions {
  readonly draws: Draws
  readonly samples: number
  /** @default those of no noise limit */
  readonly codes?: Codes | undefined
}

/** What a plan is predicted to take. */
export interface PlanPrediction {
  readonly total: LatencySummary
  /** By stage: from the results of the stage before to its own decoded result. */
  readonly stages: readonly LatencySummary[]
  /** Share of the time the coordinator spends encoding and decoding (the paper: 2–9 %). */
  readonly codingShare: number
}

/**
 * Draws whole inferences: for each stage head graph, subtasks away and back while the side graph
 * runs, decoding; then the tail. Devices that are still at work on a stage that did not wait for
 * them begin the next one late.
 */
export function predictPlan(load: PlanLoad, fleet: Fleet, options: PredictOptions): PlanPrediction {
  const { total, stages, codingMs } = drawPlan(load, fleet, options)
  const all = summarise(total)
  return { total: all, stages: stages.map(summarise), codingShare: codingMs / all.meanMs }
}

/** The mean alone, for comparing. */
export function meanOfPlan(load: PlanLoad, fleet: Fleet, options: PredictOptions): number {
  const { total } = drawPlan(load, fleet, options)
  return total.reduce((sum, ms) => sum + ms, 0) / total.length
}

function drawPlan(load: PlanLoad, fleet: Fleet, options: PredictOptions) {
  const { samples, draws, codes = new Codes() } = options
  const runs = load.stages.map((stage, i) => new StageRun(stage, fleet, { draws, codes, i }))
  const tail = new LocalRun(load.tail, fleet.coordinator, load.stages.length)
  const total = new Float64Array(samples)
  const stages = runs.map(() => new Float64Array(samples))
  const byDevice = () => new Float64Array(fleet.devices.length)
  const busy: Busy = { devices: byDevice(), deadSince: byDevice(), hop: 0 }
  for (let sample = 0; sample < samples; sample++) {
    busy.devices.fill(0)
    busy.deadSince.fill(Number.POSITIVE_INFINITY)
    busy.hop = 0
    let now = 0
    for (let i = 0; i < runs.length; i++) {
      const endAt = runs[i]!.sample(now, sample, busy)
      stages[i]![sample] = endAt - now
      now = endAt
    }
    total[sample] = now + tail.ms(draws, sample)
  }
  const codingMs = runs.reduce((sum, run) => sum + run.codingMs, 0) / samples
  return { total, stages, codingMs }
}

/** One graph of the coordinator, run once per sample. */
class LocalRun {
  readonly #nominalMs: number
  readonly #scaleMs: number
  readonly #i: number

  constructor(work: Work, coordinator: CoordinatorProfile, i: number) {
    const nominal = workMs(work, coordinator)
    this.#nominalMs = nominal === 0 ? 0 : nominal + coordinator.perRunMs
    this.#scaleMs = nominal * coordinator.straggling
    this.#i = i + 1000
  }

  ms(draws: Draws, sample: number): number {
    if (this.#scaleMs === 0) return this.#nominalMs
    return this.#nominalMs + this.#scaleMs * draws.at(draws.start(this.#i, sample), 0)
  }
}

/** One stage with all that the coordinator does for it. */
class StageRun {
  /** Spent on encoding and decoding, over all samples. */
  codingMs = 0
  readonly #draws: Draws
  readonly #i: number
  readonly #sampler: StageSampler
  readonly #head: LocalRun
  readonly #side: LocalRun
  readonly #encodeMs: number
  readonly #assembleMs: number
  /** By the number of missing pieces. */
  readonly #decodeMs: readonly number[]

  constructor(stage: StageLoad, fleet: Fleet, options: { draws: Draws; codes: Codes; i: number }) {
    const { coordinator } = fleet
    const { draws, codes, i } = options
    this.#draws = draws
    this.#i = i
    this.#sampler = new StageSampler(stage, fleet, codes.rule(stage.code))
    this.#head = new LocalRun(addWork(stage.head, stage.encode), coordinator, i)
    this.#side = new LocalRun(stage.side, coordinator, i)
    this.#encodeMs = workMs(stage.encode, coordinator)
    this.#assembleMs = workMs(stage.assemble, coordinator)
    this.#decodeMs = Array.from({ length: stage.code.k + 1 }, (_, missing) =>
      missing === 0 ? 0 : workMs(stage.decode(missing), coordinator) + coordinator.perDecodeMs,
    )
  }

  /** Draws the stage from `now` on; returns when its result is there. */
  sample(now: number, sample: number, busy: Busy): number {
    const draws = this.#draws
    const sentAt = now + this.#head.ms(draws, sample)
    const start = draws.start(this.#i, sample)
    const completeAt = this.#sampler.sample(draws, start, sentAt, busy)
    const sideAt = sentAt + this.#side.ms(draws, sample)
    const decodeMs = this.#decodeMs[this.#sampler.missing]!
    this.codingMs += this.#encodeMs + decodeMs
    return Math.max(completeAt, sideAt) + decodeMs + this.#assembleMs
  }
}
