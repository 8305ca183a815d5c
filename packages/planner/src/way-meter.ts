import { Bursts } from './bursts.ts'
import type { HeldUp } from './held-up.ts'
import { type MeasuredLink, OwnLink } from './own-link.ts'
import {
  type MeasuredWay,
  SharedWay,
  type Transit,
  transitMs,
  type WayAndMore,
} from './shared-way.ts'

/** Without a transit for this long all is forgotten, so that a network that was bad is tried again. */
const forgetMs = 600_000

/** A result that is read so soon after another has waited for it: as a multiple of what reading takes. */
const backToBack = 2

/**
 * Measures the ways between the coordinator and its devices from the subtasks that travel them. Only
 * the coordinator can: it has both ends of a round trip on one clock, and takes off what the device
 * says it waited and computed. What all transits have in common, with the messages ahead of them, is
 * the shared way: JavaScript, broker and network interface, which cannot be told apart from here. What
 * a device's transits take beyond that is its own link; what they scatter is its delay.
 *
 * Two things are no delay of a device, since they hold up others as well, and redundancy is no help:
 *
 * - Results that come together are read one after the other, which whoever draws an inference counts
 *   himself. A result that is read on the heels of another counts as if it had been there when the first
 *   of them was read.
 * - Messages that are sent together wait for each other, and broker or coordinator pause: see `Bursts`.
 */
export class WayMeter {
  #shared = new SharedWay()
  #bursts = new Bursts()
  #links = new Map<string, OwnLink>()
  #lastAt = Number.NEGATIVE_INFINITY
  /** When the first of the results was read that have been read without a pause. */
  #readingSince = Number.NEGATIVE_INFINITY

  /** @param now when the result was read */
  note(transit: Transit, now: number): void {
    this.#forget(now)
    const way = this.#shared.way
    if (!way || !this.#isReading(way, transit, now)) this.#readingSince = now
    this.#lastAt = now
    if (!(transit.ms > 0)) return
    this.#shared.note(transit)
    if (!way) return
    const ms = unqueuedMs(way, transit, now - this.#readingSince)
    this.#noteOwn(transit, ms - transitMs(way, transit), now)
  }

  /**
   * Nobody waits for a subtask any more. How late it already is counts, though not how late it would have
   * been: otherwise only those would tell that came soon enough to be waited for.
   *
   * @param transit what it would be if its result came now, as large as others of the same burst
   * @returns false if too little is known to tell how late it is: its result is still of use
   */
  cutOff(transit: Transit, now: number): boolean {
    const { way } = this.#shared
    const undisturbedMs = this.#links.get(transit.device)?.undisturbedMs(transit.ownBytes)
    if (!way || undisturbedMs === undefined) return false
    const sinceMs = this.#isReading(way, transit, now) ? now - this.#readingSince : 0
    const ms = unqueuedMs(way, transit, sinceMs) - transitMs(way, transit) - undisturbedMs
    this.#noteHeldUp(transit, { ms: Math.max(0, ms), isCutOff: true }, now)
    return true
  }

  /** The device is gone; its next life may be elsewhere. */
  delete(device: string): void {
    this.#links.delete(device)
  }

  /** The shared way; undefined while too little has travelled. */
  shared(now: number): MeasuredWay | undefined {
    this.#forget(now)
    const way = this.#shared.way
    if (!way) return undefined
    const { bytesPerS, perMessageMs } = way
    return { bytesPerS, perMessageMs: perMessageMs + this.#bursts.perMessageMs(now) }
  }

  /**
   * The own link of a device, beside the shared way; undefined while too little has travelled. What all wait
   * for on average, however little they carry, counts as its latency: half of it on either way.
   */
  link(device: string, now: number): MeasuredLink | undefined {
    this.#forget(now)
    const link = this.#links.get(device)?.measured(this.#bursts.lastGapMs(now))
    return link && { ...link, latencyMs: link.latencyMs + this.#bursts.pauseMs(now) / 2 }
  }

  /** Whether results are being read one after the other, the last of them just now. */
  #isReading(way: MeasuredWay, transit: Transit, now: number): boolean {
    return now - this.#lastAt <= backToBack * readingMs(way, transit)
  }

  #noteOwn(transit: Transit, beyondMs: number, now: number): void {
    const { device, ownBytes } = transit
    const link = this.#links.get(device) ?? new OwnLink()
    this.#links.set(device, link)
    this.#noteHeldUp(transit, { ms: link.note(ownBytes, beyondMs), isCutOff: false }, now)
  }

  #noteHeldUp(
    { device, sentAt, messagesOut: place, computeMs }: Transit,
    held: Pick<HeldUp, 'ms' | 'isCutOff'>,
    now: number,
  ): void {
    const heldUp = { device, place, computeMs, at: now, ...held }
    for (const delay of this.#bursts.note(sentAt, heldUp, now)) {
      this.#links.get(delay.device)?.delayed(delay)
    }
  }

  #forget(now: number): void {
    if (now - this.#lastAt < forgetMs || this.#links.size === 0) return
    this.#shared = new SharedWay()
    this.#bursts = new Bursts()
    this.#links = new Map()
  }
}

/** Without the time since the first result was read that it may have queued behind. */
function unqueuedMs(way: WayAndMore, transit: Transit, sinceMs: number): number {
  const leastMs = Math.min(transit.ms, way.alwaysMs + transitMs(way, transit))
  return Math.max(leastMs, transit.ms - sinceMs)
}

function readingMs(way: MeasuredWay, { bytesIn }: Transit): number {
  return way.perMessageMs + (bytesIn / way.bytesPerS) * 1000
}
