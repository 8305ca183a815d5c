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

/** Requests after which the code of a new process is compiled. */
const warmUps = 2

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
  /** Computers that run at full speed, because their daemons are new. */
  readonly #cold: string[] = []
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
    this.#victims.spare()
    await this.#victims.heal()
  }

  async #ask(scheme: string): Promise<Trial> {
    if (this.#toRecover.delete(scheme)) await this.#recover(scheme)
    // Nobody fails before it is known for how long there is somebody to fail.
    const expectedMs = this.#lastMs.get(scheme)
    const onSent = () => {
      if (expectedMs !== undefined) this.#victims.strike(this.#bench.cluster, expectedMs)
    }
    const trial = await ask(this.#bench, scheme, { onSent })
    this.#lastMs.set(scheme, trial.latencyMs)
    const struck = this.#victims.spare()
    if (struck.length === 0) this.#notePart(scheme, trial)
    else await this.#heal(struck)
    return trial
  }

  #notePart(scheme: string, { answer }: Trial): void {
    if (answer) this.#parts.set(scheme, devicesIn(answer))
  }

  /** Processes start, and compile their code, at full speed: their being new is no part of the scenario. */
  async #heal(struck: readonly string[]): Promise<void> {
    const { schemes, emulated } = this.#options
    if (!this.#victims.isHang) {
      this.#cold.push(...struck)
      await emulated.free(struck)
    }
    await this.#victims.heal()
    for (const scheme of schemes) this.#toRecover.add(scheme)
  }

  /** Until all take part again who did before. */
  async #recover(scheme: string): Promise<void> {
    const { emulated, scenario } = this.#options
    const cold = this.#cold.splice(0)
    if (scheme !== 'local') {
      await warmUp(this.#bench, scheme, this.#parts.get(scheme))
      if (cold.length > 0) for (let i = 0; i < warmUps; i++) await ask(this.#bench, scheme)
    }
    emulated.sortThreads(this.#bench.cluster)
    await emulated.restrain(scenario.scenario, cold)
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
