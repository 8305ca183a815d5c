import type { HeldUp } from './held-up.ts'

/** Bursts that are remembered; fewer than `least` say nothing. */
const kept = 256
const least = 8

/** For so long: what comes up meanwhile is not seen where the last ones are not waited for. */
const forgetMs = 60_000

/**
 * How much later the last of a burst comes than the one before it, on average: what is won by not waiting for
 * it. Of delays that are exponential and independent that is their mean. Where less is won they have something
 * in common, such as a coordinator that reads late, against which redundancy is no help.
 */
export class LastGaps {
  #gaps: readonly { readonly ms: number; readonly at: number }[] = []

  /** A burst is over. It counts if all of it was waited for. */
  note(burst: readonly HeldUp[], now: number): void {
    if (burst.some(({ isCutOff }) => isCutOff)) return
    const [last, before] = burst.toSorted((a, b) => b.at - a.at)
    if (!last || !before) return
    this.#gaps = [...this.#gaps, { ms: last.at - before.at, at: now }].slice(-kept)
  }

  /** Infinity while too little is known. */
  ms(now: number): number {
    const recent = this.#gaps.filter(({ at }) => now - at < forgetMs)
    if (recent.length < least) return Number.POSITIVE_INFINITY
    return recent.reduce((sum, { ms }) => sum + ms, 0) / recent.length
  }
}
