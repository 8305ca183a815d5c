import type { LoadReport } from './report.ts'
import { Tally } from './tally.ts'

/** One load, offered once or several times, and what came of it. */
export class OfferedLoad {
  /** In multiples of the sustainable rate. */
  readonly times: number
  readonly perSecond: number
  readonly tally = new Tally()
  readonly #goodputs: number[] = []
  #sent = 0
  #lost = 0

  constructor(times: number, sustainablePerSecond: number) {
    this.times = times
    this.perSecond = times * sustainablePerSecond
  }

  /** Requests were sent for a while, with so many right answers in time per second. */
  note({ sent, goodput }: { sent: number; goodput?: number }): void {
    this.#sent += sent
    if (goodput !== undefined) this.#goodputs.push(goodput)
  }

  /** So many requests have not ended. */
  lost(count: number): void {
    this.#lost += count
  }

  get report(): LoadReport {
    const { times, perSecond, tally } = this
    const sum = this.#goodputs.reduce((total, goodput) => total + goodput, 0)
    const load = { times, perSecond, sent: this.#sent, lost: this.#lost }
    return {
      ...load,
      ...tally.counts,
      goodput: sum / this.#goodputs.length,
      details: tally.details,
    }
  }
}
