/** Models whose times are kept. */
const KEPT = 256

/** Weights of a new time in mean and deviation, and how many deviations count (RFC 6298). */
const GAIN = { mean: 1 / 8, deviation: 1 / 4 }
const DEVIATIONS = 4

interface Times {
  readonly mean: number
  readonly deviation: number
}

/**
 * How long requests for a model take at most, as a rule: a moving mean and four mean deviations, as
 * TCP estimates its round trips (Jacobson 1988; RFC 6298).
 */
export class RunTimes {
  readonly #times = new Map<string, Times>()

  /** A request has taken `ms`. */
  note(model: string, ms: number): void {
    const known = this.#times.get(model)
    this.#times.delete(model)
    this.#times.set(model, known ? renewed(known, ms) : { mean: ms, deviation: ms / 2 })
    if (this.#times.size > KEPT) this.#times.delete(this.#times.keys().next().value!)
  }

  /** 0 while nothing is known. */
  expectedMs(model: string): number {
    const { mean, deviation } = this.#times.get(model) ?? { mean: 0, deviation: 0 }
    return mean + DEVIATIONS * deviation
  }
}

function renewed({ mean, deviation }: Times, ms: number): Times {
  return {
    mean: mean + GAIN.mean * (ms - mean),
    deviation: deviation + GAIN.deviation * (Math.abs(ms - mean) - deviation),
  }
}
