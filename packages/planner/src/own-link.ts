import { fitTerms } from './fit-terms.ts'
import type { LinkProfile } from './profile.ts'
import { RecentTimes } from './recent-times.ts'
import { rateOf } from './shared-way.ts'

/** Sizes of messages remembered. */
const mostSizes = 64

/** Fewer transits say nothing. */
const least = 8

/** Delays kept: older ones say little about how things are now. */
const kept = 128

/** A link below this is the jitter of timers. */
const leastMs = 0.1

/** No delay is taken for more than so many times what was waited for it: it has not been seen. */
const mostUnseen = 8

/** How late something was, or at least was when nobody waited for it any more. */
interface Delay {
  readonly ms: number
  /** How long the device had computed for it, or was predicted to. */
  readonly computeMs: number
  readonly isCutOff: boolean
}

/** A link with what delays results by as much more as they took longer to compute. */
export interface MeasuredLink extends LinkProfile {
  /** Mean of that delay, relative to computing. */
  readonly lateness: number
}

/** What the transits of one device take beyond the shared way. */
export class OwnLink {
  readonly #times = new RecentTimes<number>(mostSizes)
  #delays: readonly Delay[] = []

  /**
   * @param bytes out and back
   * @param ms    beyond the shared way
   * @returns how much longer that was than undisturbed
   */
  note(bytes: number, ms: number): number {
    const beyondMs = Math.max(leastMs, ms)
    return this.#times.note(`${bytes}`, bytes, beyondMs)
  }

  /** What so many bytes take beyond the shared way; undefined while such sizes are unknown. */
  undisturbedMs(bytes: number): number | undefined {
    return this.#times.undisturbedMs(`${bytes}`)
  }

  /** A transit was held up by this beyond what has held up others too. */
  delayed(delay: Delay): void {
    this.#delays = [...this.#delays, delay].slice(-kept)
  }

  /**
   * Undefined while too little has travelled.
   *
   * @param mostMs no mean delay is taken for longer
   */
  measured(mostMs: number): MeasuredLink | undefined {
    if (this.#times.count < least) return undefined
    const sums = this.#times.undisturbed().map(({ what, ms }) => ({ terms: [2, what], value: ms }))
    const [latencyMs, msPerByte] = fitTerms(2, sums) as [number, number]
    const { alwaysMs, perComputeMs: lateness } = causesOf(this.#delays, mostMs)
    const link = { bytesPerS: rateOf(msPerByte), latencyMs, straggling: 0, delayMs: alwaysMs / 2 }
    return { ...link, lateness }
  }
}

/**
 * Whether delays are exponential with one mean, or with one that grows with what was computed: whichever is
 * likelier. Of those that were cut off it is only known that they were longer; the likeliest mean is all
 * that was waited by the number of those that have been seen to their end.
 */
function causesOf(
  delays: readonly Delay[],
  mostMs: number,
): { alwaysMs: number; perComputeMs: number } {
  const seen = delays.filter(({ isCutOff }) => !isCutOff)
  const count = Math.max(1, seen.length, delays.length / mostUnseen)
  const meanOf = (of: (delay: Delay) => number) =>
    delays.reduce((sum, delay) => sum + of(delay), 0) / count
  const alwaysMs = meanOf(({ ms }) => ms)
  const perComputeMs = meanOf(({ ms, computeMs }) => ms / computeMs)
  // Of exponential distributions with their likeliest means only the logarithms of these differ.
  const surprise = seen.reduce((sum, { computeMs }) => sum + Math.log(perComputeMs * computeMs), 0)
  return surprise < seen.length * Math.log(alwaysMs)
    ? { alwaysMs: 0, perComputeMs: perComputeMs * Math.min(1, mostMs / alwaysMs) }
    : { alwaysMs: Math.min(mostMs, alwaysMs), perComputeMs: 0 }
}
