import { MessageCost } from './message-cost.ts'
import { Pauses } from './pauses.ts'

/** A transit, by its place among those that were sent at the same moment. */
export interface HeldUp {
  readonly device: string
  /** 1 for the first. */
  readonly place: number
  /** How much longer it took than in the best case; of one that was cut off, at least. */
  readonly ms: number
  readonly computeMs: number
  /** Nobody waits for it any more, so that it is not known how late it would have been. */
  readonly isCutOff: boolean
}

/** Bursts that are over of which results may still come. */
const mostOver = 64

/** The last ones of a burst have nobody behind them, and are compared with each other. */
const lastOnes = 3

/**
 * Tells what holds up one transit from what holds up others as well. What is sent together goes one after
 * the other through coordinator and broker: if that way stops, all that is behind is held up too. So the
 * delay of a transit is what it took longer than the least held up of those behind it.
 *
 * That one may be late itself: of m exponential delays the least is an m-th of their mean. What the others
 * took longer is therefore multiplied by m/(m − 1), so that their mean is right (Epstein and Sobel, 1953).
 */
export class Bursts {
  readonly #cost = new MessageCost()
  readonly #pauses = new Pauses()
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
      return [delayOf(one, over)]
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

  #end(sentAt: number, now: number): HeldUp[] {
    const burst = this.#open.get(sentAt)!
    this.#open.delete(sentAt)
    this.#over.set(sentAt, burst)
    const [oldest] = this.#over.keys()
    if (this.#over.size > mostOver) this.#over.delete(oldest!)
    const arrived = burst.filter(({ isCutOff }) => !isCutOff)
    this.#cost.note(arrived, now)
    this.#pauses.note(arrived, this.#cost.ms(now), now)
    return burst.map(one => delayOf(one, burst))
  }
}

function delayOf(one: HeldUp, burst: readonly HeldUp[]): HeldUp {
  const places = burst.map(({ place }) => place).sort((a, b) => a - b)
  const from = Math.min(one.place, places.at(-lastOnes) ?? places[0]!)
  const behind = burst.filter(({ place }) => place >= from)
  const arrived = behind.filter(({ isCutOff }) => !isCutOff)
  const beyondMs = one.ms - Math.min(one.ms, ...arrived.map(({ ms }) => ms))
  return { ...one, ms: (beyondMs * behind.length) / Math.max(1, behind.length - 1) }
}
