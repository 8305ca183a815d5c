import type { Scheme } from '@cocoi/coding'
import { type StageLayout, splitExtent, type TransportType } from '@cocoi/partition'
import { type Candidate, candidatesFor } from './candidates.ts'
import { codeStage } from './code-stage.ts'
import type { Codes } from './codes.ts'
import { soonestOf } from './compare-plans.ts'
import type { Draws } from './draws.ts'
import { meanOfPlan } from './predict-plan.ts'
import type { Fleet } from './profile.ts'
import { neededOf, roughMs } from './rough-cost.ts'
import { type LoadOptions, type StageLoad, stageLoad, subtaskWork } from './stage-load.ts'
import { noWork, workMs } from './work.ts'

/** What all choices of one plan share. */
export interface Surroundings {
  readonly fleet: Fleet
  readonly transport: TransportType
  readonly draws: Draws
  readonly codes: Codes
}

/** A way to run a stage, with what it is predicted to take. */
export interface StageOption {
  readonly stage: LoadOptions
  readonly load: StageLoad
  readonly meanMs: number
  /** Devices still at work when enough have answered, and for how long on average. */
  readonly late: number
  readonly residueMs: number
}

interface Found {
  readonly candidate: Candidate
  readonly option: Omit<StageOption, 'stage'>
}

/** Candidates whose estimate is good enough to be drawn. */
const finalists = 5
const samples = 96

/** Finds good ways to run stages, and remembers those of stages of the same shape. */
export class StageOptions {
  readonly #surroundings: Surroundings
  readonly #known = new Map<string, readonly Found[]>()
  readonly #bestSchemes = new Map<string, Scheme>()

  constructor(surroundings: Surroundings) {
    this.#surroundings = surroundings
  }

  /** The best few ways to distribute a stage, the best first; none if it cannot be. */
  of(layout: StageLayout): readonly StageOption[] {
    const key = shapeOf(layout)
    const known = this.#known.get(key) ?? this.#find(layout)
    this.#known.set(key, known)
    return known
      .map(({ option, candidate }) => ({ ...option, stage: this.stage(layout, candidate) }))
      .sort((a, b) => a.meanMs - b.meanMs)
  }

  /** A stage under a scheme; it may cut into fewer pieces than the scheme wants. */
  stage(layout: StageLayout, { scheme, rowsPerDevice }: Candidate): LoadOptions {
    return codeStage(layout, scheme, this.#surroundings, rowsPerDevice)
  }

  /** The stage under that one of the schemes with which it takes least by itself. */
  bestOf(layout: StageLayout, schemes: readonly Scheme[]): LoadOptions {
    const key = shapeOf(layout)
    const best = this.#bestSchemes.get(key) ?? this.#bestScheme(layout, schemes)
    this.#bestSchemes.set(key, best)
    return codeStage(layout, best, this.#surroundings)
  }

  #bestScheme(layout: StageLayout, schemes: readonly Scheme[]): Scheme {
    const rated = schemes.map(scheme => {
      const meanMs = this.#meanMs(codeStage(layout, scheme, this.#surroundings))
      return { scheme, meanMs }
    })
    return soonestOf(rated).scheme
  }

  #meanMs(stage: LoadOptions): number {
    const { fleet, draws, codes } = this.#surroundings
    const load = { stages: [stageLoad(stage)], tail: noWork }
    return meanOfPlan(load, fleet, { draws, codes, samples })
  }

  #find(layout: StageLayout): Found[] {
    return this.#screen(layout).map(candidate => ({
      candidate,
      option: this.#draw(layout, candidate),
    }))
  }

  #screen(layout: StageLayout): Candidate[] {
    const { fleet, codes } = this.#surroundings
    const whole = subtaskWork(layout, layout.extent)
    const rated = candidatesFor(layout.extent, fleet, whole)
      .filter(({ scheme }) => splitExtent(layout.extent, scheme.k).starts.length === scheme.k)
      .map(candidate => {
        const load = stageLoad(this.stage(layout, candidate))
        return { candidate, ms: roughMs(load, fleet) }
      })
      .sort((a, b) => a.ms - b.ms)
    const chosen: Candidate[] = []
    for (const { candidate } of rated) {
      if (chosen.length === finalists) break
      if (codes.isQuiet(candidate.scheme)) chosen.push(candidate)
    }
    return chosen
  }

  #draw(layout: StageLayout, candidate: Candidate): Omit<StageOption, 'stage'> {
    const stage = this.stage(layout, candidate)
    const load = stageLoad(stage)
    const slowest = this.#surroundings.fleet.devices.map(
      device => workMs(load.subtask, device) * device.straggling,
    )
    return {
      load,
      meanMs: this.#meanMs(stage),
      late: load.code.n - neededOf(load),
      residueMs: Math.max(...slowest),
    }
  }
}

/** Stages that cost the same have the same shape. */
export function shapeOf({ extent, flops, inputs, convs, axis }: StageLayout): string {
  const windows = convs.map(({ windows, outputShape }) => [windows[axis], outputShape])
  return JSON.stringify([extent, flops, inputs.map(({ shape }) => shape), windows])
}
