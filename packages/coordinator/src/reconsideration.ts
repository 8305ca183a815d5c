import { type Fleet, hasChanged, isLeftToPlanner } from '@cocoi/planner'
import type { Deployment } from './deployment.ts'
import { betterPlan, type Planned, type PlanningOptions } from './planned.ts'

export interface ReconsiderationOptions
  extends Pick<PlanningOptions, 'planner' | 'measurements' | 'minIntensity'> {
  readonly now: () => number
  readonly onError: (what: string, error: unknown) => void
}

/**
 * Planning keeps a core busy for its time: no two plans are reconsidered within this time, nor within so
 * many times as long as the last took.
 */
const rest = { leastMs: 5000, times: 4 } as const

/**
 * Looks, one at a time and in the background, whether plans that the planner chose are still the best:
 * when what has been measured of the fleet has changed since, a plan is made anew, and adopted if it is
 * predicted to be better by more than a twentieth.
 */
export class Reconsideration {
  readonly #options: ReconsiderationOptions
  readonly #closing = new AbortController()
  /** The fleet for which a plan was last found good. */
  readonly #confirmed = new WeakMap<object, Fleet>()
  #pending: Promise<void> | undefined
  #nextAt = Number.NEGATIVE_INFINITY

  constructor(options: ReconsiderationOptions) {
    this.#options = options
  }

  /** @param adopt called with a better plan; to end soon when the signal is aborted */
  begin(
    present: Pick<Deployment, 'planned'>,
    { prepared, wish }: Pick<PlanningOptions, 'prepared' | 'wish'>,
    adopt: (planned: Planned, signal: AbortSignal) => Promise<void>,
  ): void {
    const { now, planner, measurements, minIntensity, onError } = this.#options
    const { signal } = this.#closing
    if (!isLeftToPlanner(wish.scheme) || this.#pending || signal.aborted || now() < this.#nextAt)
      return
    const known = this.#confirmed.get(present) ?? present.planned.fleet
    const fleet = measurements.fleet()
    if (fleet.devices.length === 0 || !hasChanged(known, fleet)) return
    const beganAt = now()
    let restMs: number = rest.leastMs
    const consider = async () => {
      const planning = {
        planner,
        prepared,
        wish,
        measurements: { fleet: () => fleet },
        minIntensity,
      }
      const better = await betterPlan(present.planned, planning)
      restMs = Math.max(rest.leastMs, rest.times * (now() - beganAt))
      this.#confirmed.set(present, fleet)
      if (better) await adopt(better, signal)
    }
    this.#pending = consider()
      .catch(error => {
        if (!signal.aborted) onError('looking for a better plan', error)
      })
      .finally(() => {
        this.#pending = undefined
        this.#nextAt = now() + restMs
      })
  }

  /** Resolves when nothing is being considered. */
  async idle(): Promise<void> {
    await this.#pending
  }

  /** Considers nothing more; resolves when nothing is being considered. */
  async close(): Promise<void> {
    this.#closing.abort()
    await this.idle()
  }
}
