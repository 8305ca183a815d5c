/** After so many subtasks half of what was seen is forgotten. */
const halfLife = 10_000

/** Subtasks without a failure that are taken for granted: one failure among few says little. */
const taken = 1000

const decay = 0.5 ** (1 / halfLife)

/**
 * Measures how often a device dies while it has a subtask. Deaths are rare, so all devices are taken
 * for equally frail.
 */
export class FailureMeter {
  #subtasks = 0
  #failures = 0

  /** A device was asked for a subtask. */
  sent(): void {
    this.#subtasks = this.#subtasks * decay + 1
    this.#failures *= decay
  }

  /** One that was at work is gone. */
  failed(): void {
    this.#failures += 1
  }

  /** Probability that a device dies in the course of a subtask. */
  get rate(): number {
    return this.#failures / Math.max(this.#subtasks + taken, this.#failures)
  }
}
