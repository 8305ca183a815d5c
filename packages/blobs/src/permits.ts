interface Waiter {
  readonly grant: () => void
}

/** A fixed number of permits, granted in the order they were asked for. */
export class Permits {
  readonly #waiting = new Set<Waiter>()
  #free: number

  constructor(count: number) {
    this.#free = count
  }

  /**
   * Waits for a permit.
   *
   * @returns a function that gives it back; calling it again does nothing
   * @throws the signal's reason if it is aborted first
   */
  async acquire(signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted()
    if (this.#free > 0) this.#free -= 1
    else await this.#turn(signal)
    let held = true
    return () => {
      if (held) this.#release()
      held = false
    }
  }

  #turn(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.#waiting.delete(waiter)
        reject(signal.reason)
      }
      const waiter = {
        grant: () => {
          signal.removeEventListener('abort', leave)
          resolve()
        },
      }
      this.#waiting.add(waiter)
      signal.addEventListener('abort', leave, { once: true })
    })
  }

  #release(): void {
    const [next] = this.#waiting
    if (!next) this.#free += 1
    else {
      this.#waiting.delete(next)
      next.grant()
    }
  }
}
