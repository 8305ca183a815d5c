import { seeded } from '@cocoi/coding'

/** Random numbers of one party of the simulation: its own, so that others do not shift them. */
export class Chance {
  readonly #uniform: () => number

  /** @param party distinguishes parties of one seed */
  constructor(seed: number, party: number) {
    this.#uniform = seeded(Math.imul(seed, 0x9e3779b1) ^ Math.imul(party + 1, 0x85ebca6b))
    this.#uniform() // the first numbers of neighbouring seeds are alike
  }

  /** Uniform in [0, 1). */
  uniform(): number {
    return this.#uniform()
  }

  /** Exponential of mean 1. */
  exponential(): number {
    return -Math.log(1 - this.#uniform())
  }

  below(limit: number): number {
    return Math.floor(this.#uniform() * limit)
  }
}
