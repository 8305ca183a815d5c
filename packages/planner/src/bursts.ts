import { arrivedOf, type HeldUp, heldUpInCommon } from './held-up.ts'
import { LastGaps } from './last-gaps.ts'
import { MessageCost } from './message-cost.ts'
import { Pauses } from './pauses.ts'

/** Bursts that are over of which results may still come. */
const mostOver = 64

/** The last ones of a burst have nobody behind them, and are compared with each other. */
const lastOnes = 3

/**
 * Tells what holds up one transit from what holds up others as well. What is sent together goes one after
 * the other through coordinator and broker: if that way stops, all that is behind is held up too. So the
 * delay of a transit is what it took longer than what it has in common with those behind it.
 */
export class Bursts {
  readonly #cost = new MessageCost()
  readonly #pauses = new Pauses()
  readonly #lastGaps = new LastGaps()
  readonly #open = new Map<number, HeldUp[]>()
  readonly #over = new Map<number, HeldUp[]>()

  /**
   * @param sentAt when it was sent, and others with it
   * @param now    when it came back
   * @returns the delays that are known now, of these or others: a burst is over when a later one comes back
   */
  note(sentAt: number, one: HeldUp, now: number): HeldUp[] {
    const over = this.#over.get(sentAt)
    if (over) {
      over.push(one)
      return this.#delaysOf([one], over, now)
    }
    this.#open.set(sentAt, [...(this.#open.get(sentAt) ?? []), one])
    return [...this.#open.keys()].filter(at => at < sentAt).flatMap(at => this.#end(at, now))
  }

  /** What every message of a burst costs those behind it, beyond the best case. */
  perMessageMs(now: number): number {
    return this.#cost.ms(now)
  }

  /** How long the way that all share stops during a burst, on average. */
  pauseMs(now: number): number {
    return this.#pauses.ms(now)
  }

  /** What is won by not waiting for the last of a burst; no device's delays are worth more. */
  lastGapMs(now: number): number {
    return this.#lastGaps.ms(now)
  }

  #end(sentAt: number, now: number): HeldUp[] {
    const burst = this.#open.get(sentAt)!
    this.#open.delete(sentAt)
    this.#over.set(sentAt, burst)
    const [oldest] = this.#over.keys()
    if (this.#over.size > mostOver) this.#over.delete(oldest!)
    this.#cost.note(arrivedOf(burst), now)
    this.#pauses.note(burst, this.#cost.ms(now), now)
    this.#lastGaps.note(burst, now)
    return this.#delaysOf(burst, burst, now)
  }

  #delaysOf(some: readonly HeldUp[], burst: readonly HeldUp[], now: number): HeldUp[] {
    const perMessageMs = this.#cost.ms(now)
    return some.flatMap(one => {
      const commonMs = heldUpInCommon(behind(one, burst), perMessageMs)
      return commonMs === undefined ? [] : { ...one, ms: Math.max(0, one.ms - commonMs) }
    })
  }
}

/** It and those that were sent after it: at least three, and two that have arrived, if there are. */
function behind({ place }: HeldUp, burst: readonly HeldUp[]): HeldUp[] {
  const placesOf = (some: readonly HeldUp[]) => some.map(one => one.place).sort((a, b) => a - b)
  const ofAll = placesOf(burst).at(-lastOnes) ?? 0
  const ofArrived = placesOf(arrivedOf(burst)).at(-2) ?? 0
  return burst.filter(one => one.place >= Math.min(place, ofAll, ofArrived))
}
