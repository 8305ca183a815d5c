import { seeded } from '@cocoi/coding'
import type { Bench } from '../bench.ts'
import type { Progress } from '../progress.ts'
import type { Trial } from '../report.ts'
import { warmUp } from '../situation.ts'
import { milliseconds } from '../tables.ts'
import { devicesIn, runTrial } from '../trial.ts'
import type { EmulatedFleet } from './emulated-fleet.ts'
import type { NamedScenario } from './flags.ts'
import type { Sample } from './measurement.ts'
import { Victims } from './victims.ts'

export interface RoundsOptions {
  readonly schemes: readonly string[]
  readonly seed: number
  readonly emulated: EmulatedFleet
  readonly scenario: NamedScenario
  readonly progress: Progress
}

/** Longer than the whole model takes on one slow device. */
const deadlineMs = 600_000

/** One request of every scheme after the other, with the failures of the scenario. */
export class Rounds {
  readonly #bench: Bench
  readonly #options: RoundsOptions
  readonly #victims: Victims
  readonly #lastMs = new Map<string, number>()
  readonly #toRecover = new Set<string>()
  /** How many devices took part when nobody had failed. */
  readonly #parts = new Map<string, number>()
  #count = 0

  constructor(bench: Bench, options: RoundsOptions) {
    this.#bench = bench
    this.#options = options
    this.#victims = new Victims(options.scenario.scenario, seeded(options.seed))
  }

  async next(name: string): Promise<Sample[]> {
    const { schemes, progress, emulated } = this.#options
    const samples: Sample[] = []
    for (let i = 0; i < schemes.length; i++) {
      const scheme = schemes[(i + this.#count) % schemes.length]!
      const trial = await this.#ask(scheme)
      const latency = milliseconds(trial.latencyMs / emulated.dilation)
      progress.detail(`round ${name}: ${scheme} ${latency}`)
      samples.push({ scheme, trial })
    }
    this.#count += 1
    return samples
  }

  async end(): Promise<void> {
    await this.#victims.heal()
  }

  async #ask(scheme: string): Promise<Trial> {
    const { schemes } = this.#options
    if (this.#toRecover.delete(scheme)) await this.#recover(scheme)
    // Nobody fails before it is known for how long there is somebody to fail.
    const expectedMs = this.#lastMs.get(scheme)
    const onSent = () => {
      if (expectedMs !== undefined) this.#victims.strike(this.#bench.cluster, expectedMs)
    }
    const trial = await ask(this.#bench, scheme, { onSent })
    this.#lastMs.set(scheme, trial.latencyMs)
    if (await this.#victims.heal()) for (const one of schemes) this.#toRecover.add(one)
    else if (trial.answer) this.#parts.set(scheme, devicesIn(trial.answer))
    return trial
  }

  /** Until all take part again who did before. */
  async #recover(scheme: string): Promise<void> {
    const { emulated } = this.#options
    if (scheme !== 'local') await warmUp(this.#bench, scheme, this.#parts.get(scheme))
    emulated.sortThreads(this.#bench.cluster)
  }
}

/** One request under a scheme, with the first input. */
export async function ask(
  bench: Bench,
  scheme: string,
  { onSent = () => undefined }: { onSent?: () => void } = {},
): Promise<Trial> {
  const parameters = { ...bench.parameters, scheme, deadlineMs, audit: 'off' } as const
  const [input] = bench.inputs
  const trial = await runTrial(input!, { ...bench, parameters, onSent })
  // Thousands of answers are kept for their figures; their tensors would fill the memory.
  return trial.answer ? { ...trial, answer: { ...trial.answer, outputs: [] } } : trial
}
