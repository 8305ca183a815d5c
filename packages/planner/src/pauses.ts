import type { HeldUp } from './bursts.ts'

/** Bursts that are remembered, and for how long; fewer than `least` say nothing. */
const kept = 256
const forgetMs = 600_000
const least = 8

/** Who is sent last has all stops behind it; of several the one that is least late itself. */
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
    if (last.length < lastOnes) return
    const ms = leastOfAll(last.map(one => one.ms - one.place * perMessageMs))
    this.#stops = [...this.#stops, { ms, at: now }].slice(-kept)
  }

  /** Per burst. */
  ms(now: number): number {
    const recent = this.#stops.filter(({ at }) => now - at < forgetMs)
    if (recent.length < least) return 0
    return Math.max(0, recent.reduce((sum, { ms }) => sum + ms, 0) / recent.length)
  }
}

/**
 * What m exponential delays have in common: the least of them, less an m-th of their mean, which is what
 * they are longer than the least in all, by m − 1.
 */
function leastOfAll(delays: readonly number[]): number {
  const smallest = Math.min(...delays)
  const beyond = delays.reduce((sum, ms) => sum + ms - smallest, 0)
  return smallest - beyond / (delays.length * (delays.length - 1))
}
