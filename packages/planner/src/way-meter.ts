import type { LinkProfile } from './profile.ts'
import { RecentTimes } from './recent-times.ts'
import { fitTwoTerms } from './two-terms.ts'

/** One subtask on its way to a device and back. */
export interface Transit {
  readonly device: string
  /** Messages and bytes that were sent at the same moment before it, itself included. */
  readonly messagesOut: number
  readonly bytesOut: number
  /** Of its result. */
  readonly bytesIn: number
  /** Of both, without those before it. */
  readonly ownBytes: number
  /** From sending to the result, less what the device says that it waited and computed. */
  readonly ms: number
}

/** A way that messages take one after the other. */
export interface MeasuredWay {
  readonly bytesPerS: number
  readonly perMessageMs: number
}

/** Without a transit for this long all is forgotten, so that a network that was bad is tried again. */
const forgetMs = 600_000

/** Fewer transits say nothing. */
const least = 8

/** What takes this many times as long as the shared way explains has other reasons. */
const outlier = 1.5

/** Faster nobody notices. */
const fastest = 1e10

/** A link below this is the jitter of timers. */
const leastMs = 0.1

/**
 * Measures the ways between the coordinator and its devices from the subtasks that travel them. Only
 * the coordinator can: it has both ends of a round trip on one clock, and takes off what the device
 * says it waited and computed. What all transits have in common, with the messages ahead of them, is
 * the shared way: JavaScript, broker and network interface, which cannot be told apart from here. What
 * a device's transits take beyond that is its own link; what they scatter is its delay.
 */
export class WayMeter {
  #shared = new RecentTimes<Transit>()
  #own = new Map<string, RecentTimes<Transit>>()
  #lastAt = Number.NEGATIVE_INFINITY

  note(transit: Transit, now: number): void {
    this.#forget(now)
    this.#lastAt = now
    if (!(transit.ms > 0)) return
    const { device, messagesOut, bytesOut, bytesIn, ownBytes, ms } = transit
    const own = this.#own.get(device) ?? new RecentTimes<Transit>()
    this.#own.set(device, own)
    own.note(`${messagesOut} ${bytesOut} ${ownBytes}`, transit, ms)
    this.#shared.note(`${messagesOut} ${bytesOut} ${bytesIn}`, transit, ms)
  }

  /** The device is gone; its next life may be elsewhere. */
  delete(device: string): void {
    this.#own.delete(device)
  }

  /** The shared way; undefined while too little has travelled. */
  shared(now: number): MeasuredWay | undefined {
    this.#forget(now)
    if (this.#shared.count < least) return undefined
    const kinds = this.#shared.undisturbed()
    const first = wayOf(kinds)
    const others = kinds.filter(({ what, ms }) => ms <= outlier * msOf(first, what))
    return others.length === 0 ? first : wayOf(others)
  }

  /** The own link of a device, beside the shared way; undefined while too little has travelled. */
  link(device: string, now: number): LinkProfile | undefined {
    const shared = this.shared(now)
    const own = this.#own.get(device)
    if (!shared || !own || own.count < least) return undefined
    const points = own.undisturbed().map(({ what, ms }) => {
      return { u: 2, v: what.ownBytes, value: Math.max(leastMs, ms - msOf(shared, what)) }
    })
    const { first: latencyMs, second: msPerByte } = fitTwoTerms(points)
    const delays = own.delaysMs()
    const delayMs = delays.reduce((sum, ms) => sum + ms, 0) / Math.max(1, delays.length) / 2
    return { bytesPerS: rateOf(msPerByte), latencyMs, straggling: 0, delayMs }
  }

  #forget(now: number): void {
    if (now - this.#lastAt < forgetMs || this.#own.size === 0) return
    this.#shared = new RecentTimes()
    this.#own = new Map()
  }
}

function wayOf(kinds: readonly { what: Transit; ms: number }[]): MeasuredWay {
  const points = kinds.map(({ what, ms }) => {
    return { u: what.messagesOut + 1, v: what.bytesOut + what.bytesIn, value: ms }
  })
  const { first: perMessageMs, second: msPerByte } = fitTwoTerms(points)
  return { bytesPerS: rateOf(msPerByte), perMessageMs }
}

function msOf(way: MeasuredWay, { messagesOut, bytesOut, bytesIn }: Transit): number {
  const bytes = bytesOut + bytesIn
  return (messagesOut + 1) * way.perMessageMs + (bytes / way.bytesPerS) * 1000
}

function rateOf(msPerByte: number): number {
  return Math.min(fastest, msPerByte > 0 ? 1000 / msPerByte : fastest)
}
