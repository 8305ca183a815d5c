import type { HeldUp } from './held-up.ts'
import { meanOf, RecentFigures } from './recent-figures.ts'

/** For so long: what comes up meanwhile is not seen where the last ones are not waited for. */
const forgetMs = 60_000

/**
 * How much later the last of a burst comes than the one before it, on average: what is won by not waiting for
 * it. Of delays that are exponential and independent that is their mean. Where less is won they have something
 * in common, such as a coordinator that reads late, against which redundancy is no help.
 */
export class LastGaps {
  readonly #gaps = new RecentFigures({ kept: 256, forgetMs })

  /** A burst is over. It counts if all of it was waited for. */
  note(burst: readonly HeldUp[], now: number): void {
    if (burst.some(({ isCutOff }) => isCutOff)) return
    const [last, before] = burst.toSorted((a, b) => b.at - a.at)
    if (last && before) this.#gaps.note(last.at - before.at, now)
  }

  /** Infinity while too little is known. */
  ms(now: number): number {
    return meanOf(this.#gaps.recent(now) ?? [Number.POSITIVE_INFINITY])
  }
}
