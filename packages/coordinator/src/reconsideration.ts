import { type Fleet, type Hindsight, isLeftToPlanner } from '@cocoi/planner'
import type { Deployment } from './deployment.ts'
import { Experience } from './experience.ts'
import { betterPlan, type Planned, type PlanningOptions, predictNow } from './planned.ts'
import type { TrackRecord } from './track-record.ts'

export interface ReconsiderationOptions
  extends Pick<PlanningOptions, 'planner' | 'measurements' | 'minIntensity'> {
  readonly now: () => number
  readonly onError: (what: string, error: unknown) => void
}

/** A model, what is wanted of it, and what plans for it have taken so far. */
type ReconsideredPlan = Pick<PlanningOptions, 'prepared' | 'wish'> & {
  readonly record: TrackRecord
}

type Adopt = (planned: Planned, signal: AbortSignal) => Promise<boolean>

/** What has become of a plan since it was made. */
interface Review {
  readonly experience: Experience
  /** With what hindsight it was last looked at, and what it was predicted to take then. */
  hindsight: Hindsight
  predictedMs: number | undefined
  /** Whether it was looked at at once for not being what it seemed. */
  wasUrgent: boolean
  /** Until then it is not looked at, since the devices did not load a better one. */
  restsUntil: number
}

/**
 * Planning keeps a core busy for its time: no two plans are reconsidered within this time, nor within so
 * many times as long as the last took, unless the plan in use is not what it seemed.
 */
const rest = { leastMs: 5000, times: 4 } as const

/** A plan that the devices did not load is not given to them again within this time. */
const notLoadedRestMs = 60_000

/**
 * Looks, one at a time and in the background, whether plans that the planner chose are still the best:
 * when what has been measured of the fleet is news (`Experience`), or what plans have really taken
 * (`TrackRecord`), a plan is made anew, and adopted if it is predicted to be better by more than a twentieth.
 */
export class Reconsideration {
  readonly #options: ReconsiderationOptions
  readonly #closing = new AbortController()
  readonly #reviews = new WeakMap<Planned, Review>()
  #pending: Promise<void> | undefined
  #nextAt = Number.NEGATIVE_INFINITY

  constructor(options: ReconsiderationOptions) {
    this.#options = options
  }

  /**
   * @param adopt called with a better plan; to end soon when the signal is aborted, and to say whether it
   *   has been adopted
   */
  begin({ planned }: Pick<Deployment, 'planned'>, what: ReconsideredPlan, adopt: Adopt): void {
    const { now, onError } = this.#options
    const { signal } = this.#closing
    if (!isLeftToPlanner(what.wish.scheme) || this.#pending || signal.aborted) return
    const fleet = this.#news(planned, what.record, now())
    if (!fleet) return
    this.#pending = this.#consider(planned, { ...what, fleet }, adopt)
      .catch(error => {
        if (!signal.aborted) onError('looking for a better plan', error)
      })
      .finally(() => {
        this.#pending = undefined
      })
  }

  /** Whether a plan is being made, or loaded. */
  get isBusy(): boolean {
    return this.#pending !== undefined
  }

  /** What a plan is predicted to take on the fleet for which it was last looked at. */
  predictedMs(planned: Planned): number | undefined {
    return this.#reviewOf(planned).predictedMs
  }

  /**
   * The fleet as it is known now, if there is a reason to plan anew. A plan that is not what it seemed is
   * looked at at once, but only once.
   */
  #news(planned: Planned, record: TrackRecord, now: number): Fleet | undefined {
    const review = this.#reviewOf(planned)
    const isDisproved = record.isNews(review.hindsight, now)
    const isUrgent = isDisproved && !review.wasUrgent
    if (now < review.restsUntil || (now < this.#nextAt && !isUrgent)) return undefined
    review.wasUrgent ||= isUrgent
    const fleet = this.#options.measurements.fleet()
    const isNews = isDisproved || review.experience.isNews(fleet, now)
    return fleet.devices.length > 0 && isNews ? fleet : undefined
  }

  async #consider(
    planned: Planned,
    { fleet, prepared, wish, record }: ReconsideredPlan & { readonly fleet: Fleet },
    adopt: Adopt,
  ): Promise<void> {
    const { now } = this.#options
    const beganAt = now()
    const review = this.#reviewOf(planned)
    try {
      const known = { ...this.#options, measurements: { fleet: () => fleet }, prepared, wish }
      await this.#repredict(planned, record, known)
      const hindsight = record.hindsight(now())
      const better = await betterPlan(planned, { ...known, hindsight })
      this.#nextAt = now() + Math.max(rest.leastMs, rest.times * (now() - beganAt))
      if (!better) review.experience.confirm(fleet, now())
      if (!better || (await adopt(better, this.#closing.signal))) review.hindsight = hindsight
      else review.restsUntil = now() + notLoadedRestMs
    } finally {
      this.#nextAt = Math.max(this.#nextAt, now() + rest.leastMs)
    }
  }

  /** Only plans under `auto` are held against what they took. */
  async #repredict(planned: Planned, record: TrackRecord, known: PlanningOptions): Promise<void> {
    const review = this.#reviewOf(planned)
    if (review.predictedMs === undefined) return
    review.predictedMs = await predictNow(planned, known)
    const { now } = this.#options
    for (const past of record.plans(now())) {
      const ms = past === planned ? review.predictedMs : await predictNow(past, known)
      record.repredict(past.plan.kind, ms, now())
    }
  }

  #reviewOf(planned: Planned): Review {
    const known = this.#reviews.get(planned)
    if (known) return known
    const { fleet, hindsight, plan } = planned
    const experience = new Experience(fleet, this.#options.now())
    const { predictedMs } = plan
    const restsUntil = Number.NEGATIVE_INFINITY
    const fresh = { experience, hindsight, predictedMs, wasUrgent: false, restsUntil }
    this.#reviews.set(planned, fresh)
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
