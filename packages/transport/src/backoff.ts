/** Bounds of the wait before the next attempt to connect. */
export interface BackoffOptions {
  readonly minMs: number
  readonly maxMs: number
}

/**
 * Waits between attempts to connect: exponential with full jitter, so that devices which lost one
 * broker together do not return together.
 */
export class Backoff {
  readonly #options: BackoffOptions
  readonly #random: () => number
  #attempts = 0

  /** @param random uniform in [0, 1) */
  constructor(options: BackoffOptions, random: () => number) {
    this.#options = options
    this.#random = random
  }

  /** Milliseconds until the next attempt: uniform in [0, min(maxMs, minMs · 2^attempts)). */
  next(): number {
    const { minMs, maxMs } = this.#options
    const ceiling = Math.min(maxMs, minMs * 2 ** this.#attempts)
    this.#attempts += 1
    return this.#random() * ceiling
  }

  /**
   * Starts over if the connection held for `heldMs`, at least the longest wait. After a shorter one
   * the waits keep growing: two clients with the same id would otherwise cut each other off forever
   * at full speed.
   */
  succeeded(heldMs: number): void {
    if (heldMs >= this.#options.maxMs) this.#attempts = 0
  }
}
