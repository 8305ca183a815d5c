/** Seeded random numbers (mulberry32): the same seed throws the same dice on every machine. */
export class Dice {
  #state: number

  constructor(seed: number) {
    this.#state = seed >>> 0
  }

  /** Uniform in [0, 1). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }

  /** A whole number from `least` to `most`, both included. */
  between(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1))
  }

  pick<T>(from: readonly T[]): T {
    return from[this.between(0, from.length - 1)]!
  }

  shuffled<T>(from: readonly T[]): T[] {
    const all = [...from]
    for (let i = all.length - 1; i > 0; i--) {
      const j = this.between(0, i)
      ;[all[i], all[j]] = [all[j]!, all[i]!]
    }
    return all
  }

  /** Time to the next event of a Poisson process, in the unit of `mean`. */
  exponential(mean: number): number {
    return -mean * Math.log(1 - this.next())
  }
}
