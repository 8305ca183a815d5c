/** Requests must have waited for this long before plans are made for many of them. */
const enterAfterMs = 2000

/** None must have waited for this long before plans are made for each of them again. */
const leaveAfterMs = 10_000

/**
 * Whether each answer is to come soon, or as many as possible per second: the second as soon as
 * requests have queued for a while, until none has for a longer while.
 *
 * Invariants: changes to throughput at the earliest `enterAfterMs` after a time without a queue, and
 * back at the earliest `leaveAfterMs` after a time with one.
 */
export class LoadGoal {
  #goal: 'latency' | 'throughput' = 'latency'
  /** Since when requests have waited without a break. */
  #queuedSince: number | undefined
  #lastQueuedAt = Number.NEGATIVE_INFINITY

  /** So many requests wait now; to be told whenever that may have changed, and every second or so. */
  note(waiting: number, now: number): 'latency' | 'throughput' {
    if (waiting > 0) {
      this.#queuedSince ??= now
      this.#lastQueuedAt = now
    } else this.#queuedSince = undefined
    const isQueued = this.#queuedSince !== undefined && now - this.#queuedSince >= enterAfterMs
    const isCalm = now - this.#lastQueuedAt >= leaveAfterMs
    if (isQueued) this.#goal = 'throughput'
    else if (isCalm) this.#goal = 'latency'
    return this.#goal
  }

  get goal(): 'latency' | 'throughput' {
    return this.#goal
  }
}
