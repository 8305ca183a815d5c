import { quantile } from './fit.ts'
import type { HeldUp } from './held-up.ts'
import { RecentFigures } from './recent-figures.ts'

/** Of fewer messages one that is late decides; of more a part says as much. */
const places = { least: 5, most: 32 } as const

/**
 * How much longer every further message of a burst is held up: the slope of what was sent together, by its
 * place. The least times do not tell that. A processor may pass a few messages at once and let those
 * behind them wait, which looks like delays of devices, but is a price of every message, spare ones too.
 * Medians, within a burst (Theil and Sen) and over the bursts, do not heed the few devices that are late.
 */
export class MessageCost {
  readonly #slopes = new RecentFigures({ kept: 64, forgetMs: 600_000 })

  /** A burst is over. */
  note(burst: readonly HeldUp[], now: number): void {
    const slope = slopeOf(burst)
    if (slope !== undefined) this.#slopes.note(slope, now)
  }

  /** Per message, beyond what it takes in the best case. */
  ms(now: number): number {
    return Math.max(0, medianOf(this.#slopes.recent(now) ?? [0]))
  }
}

/** Median of the slopes between any two; undefined if they have too few places. */
function slopeOf(burst: readonly HeldUp[]): number | undefined {
  const step = Math.ceil(burst.length / places.most)
  const some = burst.filter((_, i) => i % step === 0)
  if (new Set(some.map(({ place }) => place)).size < places.least) return undefined
  const slopes = some.flatMap((one, i) =>
    some
      .slice(i + 1)
      .filter(({ place }) => place !== one.place)
      .map(({ place, ms }) => (ms - one.ms) / (place - one.place)),
  )
  return medianOf(slopes)
}

function medianOf(values: readonly number[]): number {
  return quantile(
    values.toSorted((a, b) => a - b),
    0.5,
  )
}
