import { type HeldUp, heldUpInCommon } from './held-up.ts'
import { meanOf, RecentFigures } from './recent-figures.ts'

/** Who is sent last has waited for all stops; of several it can be told who is late himself. */
const lastOnes = 3

/**
 * How long the way that all share stops while a burst is under way, on average. That is no delay of a device,
 * but whoever waits for the burst waits for it too.
 */
export class Pauses {
  readonly #stops = new RecentFigures({ kept: 256, forgetMs: 600_000 })

  /**
   * A burst is over.
   *
   * @param perMessageMs what its messages cost each other
   */
  note(burst: readonly HeldUp[], perMessageMs: number, now: number): void {
    const last = burst.toSorted((a, b) => b.place - a.place).slice(0, lastOnes)
    const unqueued = last.map(one => ({ ...one, ms: one.ms - one.place * perMessageMs }))
    const ms = heldUpInCommon(unqueued, 0)
    if (ms !== undefined) this.#stops.note(ms, now)
  }

  /** Per burst. */
  ms(now: number): number {
    return Math.max(0, meanOf(this.#stops.recent(now) ?? [0]))
  }
}
