/** Times kept; older ones say little about how the devices are now. */
const KEPT = 64

/** Fewer say nothing about the tail. */
const LEAST = 8

/** A hedge that is not needed costs a subtask: better a little late than for nothing. */
const MARGIN = 1.5

/** Below this it is the timers that are measured. */
const LEAST_MS = 50

/**
 * How long the subtasks of one stage take, from sending to result, and from when on one is overdue:
 *
 *     hedgeAfterMs = max(50, 1.5 · Q)
 *
 * where Q is the 0.99 quantile (nearest rank) of the last 64 times: their maximum. Times that were
 * cut off, because others answered first, count where most of a stage was cut off: then everybody is
 * slower than before, and without them the prediction would never learn it.
 */
export class SubtaskTimes {
  readonly #times: number[] = []

  /** A result came after `ms`. */
  note(ms: number): void {
    this.#times.push(ms)
    if (this.#times.length > KEPT) this.#times.shift()
  }

  /** A stage is over that sent `sent` subtasks; `cutOff` are overdue ones and how long they were out. */
  noteCutOff(cutOff: readonly number[], sent: number): void {
    if (2 * cutOff.length >= sent) for (const ms of cutOff) this.note(ms)
  }

  /** Undefined while too little is known. */
  get hedgeAfterMs(): number | undefined {
    if (this.#times.length < LEAST) return undefined
    return Math.max(LEAST_MS, MARGIN * Math.max(...this.#times))
  }
}
