const GROWTH = 1.5
const DECAY = 0.98
const MOST_TIMES = 8

/**
 * How long to wait for an answer before asking again. On a slow link the ranges of one window queue
 * behind each other, and asking again while they are on their way fills it with duplicates. These
 * tell: every duplicate makes the wait longer, every answer a little shorter. (TCP learns the same
 * from duplicates the receiver reports, RFC 3708; timing the answers would take losses for slowness.)
 */
export class Patience {
  readonly #leastMs: number
  #times = 1

  constructor(leastMs: number) {
    this.#leastMs = leastMs
  }

  /** At least the configured time, at most eight times as long. */
  get timeoutMs(): number {
    return this.#leastMs * this.#times
  }

  answered(): void {
    this.#times = Math.max(1, this.#times * DECAY)
  }

  duplicated(): void {
    this.#times = Math.min(MOST_TIMES, this.#times * GROWTH)
  }
}
