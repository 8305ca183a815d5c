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

/** How late something was, and how long the device had computed for it. */
interface Delay {
  readonly ms: number
  readonly computeMs: number
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

  /** A transit was held up by this beyond what has held up others too. */
  delayed(delay: Delay): void {
    this.#delays = [...this.#delays, delay].slice(-kept)
  }

  /** Undefined while too little has travelled. */
  get measured(): MeasuredLink | undefined {
    if (this.#times.count < least) return undefined
    const sums = this.#times.undisturbed().map(({ what, ms }) => ({ terms: [2, what], value: ms }))
    const [latencyMs, msPerByte] = fitTerms(2, sums) as [number, number]
    const { alwaysMs, perComputeMs: lateness } = causesOf(this.#delays)
    const link = { bytesPerS: rateOf(msPerByte), latencyMs, straggling: 0, delayMs: alwaysMs / 2 }
    return { ...link, lateness }
  }
}

/**
 * The mean delay as a part that is always the same, and one that grows with what was computed: a line
 * through the means of those that took little to compute and of those that took much.
 */
function causesOf(delays: readonly Delay[]): { alwaysMs: number; perComputeMs: number } {
  const sorted = delays.toSorted((a, b) => a.computeMs - b.computeMs)
  const [few, many, all] = [
    sorted.slice(0, sorted.length >> 1),
    sorted.slice(sorted.length >> 1),
    sorted,
  ].map(meanOf)
  if (!all) return { alwaysMs: 0, perComputeMs: 0 }
  const most = all.computeMs > 0 ? all.ms / all.computeMs : 0
  const rise = few && many ? (many.ms - few.ms) / (many.computeMs - few.computeMs) : 0
  const perComputeMs = Number.isFinite(rise) ? Math.min(most, Math.max(0, rise)) : 0
  // Where all of it grows with computing, rounding may leave a little less than nothing.
  return { alwaysMs: Math.max(0, all.ms - perComputeMs * all.computeMs), perComputeMs }
}

function meanOf(delays: readonly Delay[]): Delay | undefined {
  if (delays.length === 0) return undefined
  const mean = (of: (delay: Delay) => number) =>
    delays.reduce((sum, delay) => sum + of(delay), 0) / delays.length
  return { ms: mean(({ ms }) => ms), computeMs: mean(({ computeMs }) => computeMs) }
}
