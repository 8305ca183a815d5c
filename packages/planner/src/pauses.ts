import { type HeldUp, heldUpInCommon } from './held-up.ts'

/** Bursts that are remembered, and for how long; fewer than `least` say nothing. */
const kept = 256
const forgetMs = 600_000
const least = 8

/** Who is sent last has waited for all stops; of several it can be told who is late himself. */
const lastOnes = 3

/**
 * How long the way that all share stops while a burst is under way, on average. That is no delay of a device,
 * but whoever waits for the burst waits for it too.
 */
export class Pauses {
  #stops: readonly { readonly ms: number; readonly at: number }[] = []

  /**
   * A burst is over.
   *
   * @param perMessageMs what its messages cost each other
   */
  note(burst: readonly HeldUp[], perMessageMs: number, now: number): void {
    const last = burst.toSorted((a, b) => b.place - a.place).slice(0, lastOnes)
    const unqueued = last.map(one => ({ ...one, ms: one.ms - one.place * perMessageMs }))
    const ms = heldUpInCommon(unqueued, 0)
    if (ms === undefined) return
    this.#stops = [...this.#stops, { ms, at: now }].slice(-kept)
  }

  /** Per burst. */
  ms(now: number): number {
    const recent = this.#stops.filter(({ at }) => now - at < forgetMs)
    if (recent.length < least) return 0
    return Math.max(0, recent.reduce((sum, { ms }) => sum + ms, 0) / recent.length)
  }
}
