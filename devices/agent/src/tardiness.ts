import { seeded } from '@cocoi/coding'

export interface TardinessOptions {
  /** Mean of a delay, relative to the time that computing took. */
  readonly straggle: number
  /** Mean of a further delay, whatever computing took. */
  readonly delayMs: number
  readonly seed: number
}

/**
 * Imitates a straggler, as the paper does: what a device has computed leaves it late, by exponential
 * random delays. The device computes on meanwhile, and what is cancelled before it has left never does.
 */
export class Tardiness {
  readonly #options: TardinessOptions
  readonly #random: () => number
  readonly #held = new Map<string, { readonly timer: NodeJS.Timeout; readonly leave: () => void }>()

  constructor(options: TardinessOptions) {
    this.#options = options
    this.#random = seeded(options.seed)
  }

  /** Calls `leave` when the time has come; at once where nothing is imitated. */
  hold(key: string, computeMs: number, leave: () => void): void {
    const { straggle, delayMs } = this.#options
    const ms = this.#exponential(straggle * computeMs) + this.#exponential(delayMs)
    if (ms === 0) return leave()
    const act = () => {
      this.#held.delete(key)
      leave()
    }
    this.#held.set(key, { timer: setTimeout(act, ms), leave })
  }

  cancel(key: string): void {
    clearTimeout(this.#held.get(key)?.timer)
    this.#held.delete(key)
  }

  /** Lets everything go at once. */
  flush(): void {
    for (const [key, { leave }] of [...this.#held]) {
      this.cancel(key)
      leave()
    }
  }

  /** Inverse of the distribution function; the generator never gives 1. */
  #exponential(mean: number): number {
    return mean === 0 ? 0 : -mean * Math.log(1 - this.#random())
  }
}
