/** Time since the last lap, from a clock that is handed in. */
export class Stopwatch {
  readonly #now: () => number
  #since: number

  constructor(now: () => number, since: number) {
    this.#now = now
    this.#since = since
  }

  lap(): number {
    const passed = this.#now() - this.#since
    this.#since += passed
    return passed
  }
}
