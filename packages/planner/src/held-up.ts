/** A transit, by its place among those that were sent at the same moment. */
export interface HeldUp {
  readonly device: string
  /** 1 for the first. */
  readonly place: number
  /** How much longer it took than in the best case; of one that was cut off, at least. */
  readonly ms: number
  readonly computeMs: number
  /** When its result was read, or it was cut off. */
  readonly at: number
  /** Nobody waits for it any more, so that it is not known how late it would have been. */
  readonly isCutOff: boolean
}

/** Those that have come back. */
export function arrivedOf(burst: readonly HeldUp[]): HeldUp[] {
  return burst.filter(({ isCutOff }) => !isCutOff)
}

/**
 * For how long something has held up all of these. The least held up of them may be late itself: of m
 * exponential delays the least is on average an m-th of their mean, and the second is longer than that by an
 * (m − 1)-th. Where one device alone is late, these two hardly differ.
 *
 * @param perMessageMs what the messages cost each other, which makes one that was sent later no later
 * @returns undefined if fewer than two have arrived
 */
export function heldUpInCommon(some: readonly HeldUp[], perMessageMs: number): number | undefined {
  const [least, second] = arrivedOf(some).sort((a, b) => a.ms - b.ms)
  if (!least || !second) return undefined
  const queueMs = Math.max(0, second.place - least.place) * perMessageMs
  const laterMs = Math.max(0, second.ms - least.ms - queueMs)
  return least.ms - ((some.length - 1) / some.length) * laterMs
}
