import type { HeldUp } from './bursts.ts'

/** Bursts that are remembered; fewer than `least` say nothing. */
const kept = 256
const least = 8

/**
 * How much longer every further message of a burst is held up: the slope of what was sent together, by its
 * place. The least times do not tell that. A processor may pass a few messages at once and let those
 * behind them wait, which looks like delays of devices, but is a price of every message, spare ones too.
 * Medians, within a burst (Theil and Sen) and over the bursts, do not heed the few devices that are late.
 */
export class MessageCost {
  #slopes: readonly number[] = []
  #ms = 0

  /** A burst is over. */
  note(burst: readonly HeldUp[]): void {
    const slope = slopeOf(burst)
    if (slope === undefined) return
    this.#slopes = [...this.#slopes, slope].slice(-kept)
    if (this.#slopes.length >= least) this.#ms = Math.max(0, medianOf(this.#slopes))
  }

  /** Per message, beyond what it takes in the best case. */
  get ms(): number {
    return this.#ms
  }
}

/** Median of the slopes between any two; undefined if all have the same place. */
function slopeOf(burst: readonly HeldUp[]): number | undefined {
  const slopes = burst.flatMap((one, i) =>
    burst
      .slice(i + 1)
      .filter(({ place }) => place !== one.place)
      .map(({ place, ms }) => (ms - one.ms) / (place - one.place)),
  )
  return slopes.length > 0 ? medianOf(slopes) : undefined
}

function medianOf(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!
}
