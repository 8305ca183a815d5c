import { fitTerms } from './fit-terms.ts'
import type { LinkProfile } from './profile.ts'
import { RecentTimes } from './recent-times.ts'
import { rateOf } from './shared-way.ts'

/** Sizes of messages remembered. */
const mostSizes = 64

/** Fewer transits say nothing. */
const least = 8

/** Delays kept: older ones say little about how things are now. */
const kept = 64

/** A link below this is the jitter of timers. */
const leastMs = 0.1

/** What the transits of one device take beyond the shared way. */
export class OwnLink {
  readonly #times = new RecentTimes<number>(mostSizes)
  #delays: number[] = []

  /**
   * @param bytes out and back
   * @param ms    beyond the shared way
   * @returns how much longer that was than undisturbed
   */
  note(bytes: number, ms: number): number {
    const beyondMs = Math.max(leastMs, ms)
    return this.#times.note(`${bytes}`, bytes, beyondMs)
  }

  /** A transit was held up by this beyond what has held up all others. */
  delayed(ms: number): void {
    this.#delays = [...this.#delays, ms].slice(-kept)
  }

  /** Undefined while too little has travelled. */
  get measured(): LinkProfile | undefined {
    if (this.#times.count < least) return undefined
    const sums = this.#times.undisturbed().map(({ what, ms }) => ({ terms: [2, what], value: ms }))
    const [latencyMs, msPerByte] = fitTerms(2, sums) as [number, number]
    const total = this.#delays.reduce((sum, ms) => sum + ms, 0)
    const delayMs = total / Math.max(1, this.#delays.length) / 2
    return { bytesPerS: rateOf(msPerByte), latencyMs, straggling: 0, delayMs }
  }
}
