import { type Hindsight, isLeftToPlanner } from '@cocoi/planner'
import type { Deployment } from './deployment.ts'
import { Experience } from './experience.ts'
import { betterPlan, type Planned, type PlanningOptions } from './planned.ts'
import type { TrackRecord } from './track-record.ts'

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
 * when what has been measured of the fleet is news (`Experience`), or what plans have really taken
 * (`TrackRecord`), a plan is made anew, and adopted if it is predicted to be better by more than a twentieth.
 */
export class Reconsideration {
  readonly #options: ReconsiderationOptions
  readonly #closing = new AbortController()
  readonly #experiences = new WeakMap<Planned, Experience>()
  /** With what hindsight a plan was last found good. */
  readonly #confirmed = new WeakMap<Planned, Hindsight>()
  #pending: Promise<void> | undefined
  #nextAt = Number.NEGATIVE_INFINITY

  constructor(options: ReconsiderationOptions) {
    this.#options = options
  }

  /**
   * @param record what plans for this model have taken so far
   * @param adopt called with a better plan; to end soon when the signal is aborted
   */
  begin(
    present: Pick<Deployment, 'planned'>,
    {
      prepared,
      wish,
      record,
    }: Pick<PlanningOptions, 'prepared' | 'wish'> & { record: TrackRecord },
    adopt: (planned: Planned, signal: AbortSignal) => Promise<void>,
  ): void {
    const { now, measurements, onError } = this.#options
    const { signal } = this.#closing
    const beganAt = now()
    const isBusy = this.#pending !== undefined || beganAt < this.#nextAt
    if (!isLeftToPlanner(wish.scheme) || isBusy || signal.aborted) return
    const fleet = measurements.fleet()
    const experience = this.#experienceOf(present.planned)
    const { planned } = present
    const hindsight = record.hindsight(beganAt)
    const isDisproved = record.isNews(this.#confirmed.get(planned) ?? planned.hindsight, beganAt)
    const isNews = isDisproved || experience.isNews(fleet, beganAt)
    if (fleet.devices.length === 0 || !isNews) return
    let restMs: number = rest.leastMs
    const consider = async () => {
      const measured = { measurements: { fleet: () => fleet }, hindsight }
      const better = await betterPlan(present.planned, {
        ...this.#options,
        ...measured,
        prepared,
        wish,
      })
      restMs = Math.max(rest.leastMs, rest.times * (now() - beganAt))
      if (better) await adopt(better, signal)
      else {
        experience.confirm(fleet, now())
        this.#confirmed.set(planned, hindsight)
      }
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

  #experienceOf(planned: Planned): Experience {
    const known = this.#experiences.get(planned)
    if (known) return known
    const fresh = new Experience(planned.fleet, this.#options.now())
    this.#experiences.set(planned, fresh)
    return fresh
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
