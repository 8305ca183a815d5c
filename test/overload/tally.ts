import type { End } from './sender.ts'

/** How the requests of one load have ended. */
export interface Counts {
  readonly right: number
  readonly late: number
  readonly wrong: number
  readonly refused: Readonly<Record<string, number>>
  readonly unsent: number
  readonly latencyMs: { readonly p50: number; readonly p99: number }
}

/** Latencies kept: the last ones. */
const KEPT = 20_000

/** Counts how requests end. */
export class Tally {
  readonly #ends = { right: 0, late: 0, wrong: 0, unsent: 0 }
  readonly #refused: Record<string, number> = {}
  readonly #latencies: number[] = []
  readonly #details = new Set<string>()

  add(end: End): void {
    if (end.end === 'refused') {
      this.#refused[end.code] = (this.#refused[end.code] ?? 0) + 1
      return
    }
    this.#ends[end.end] += 1
    if (end.end === 'wrong' && this.#details.size < 10) this.#details.add(end.detail)
    if (end.end === 'right') this.#latencies[(this.#ends.right - 1) % KEPT] = end.latencyMs
  }

  get counts(): Counts {
    const sorted = this.#latencies.toSorted((a, b) => a - b)
    const quantile = (q: number) => Math.round(sorted[Math.ceil(q * sorted.length) - 1] ?? 0)
    const latencyMs = { p50: quantile(0.5), p99: quantile(0.99) }
    return { ...this.#ends, refused: { ...this.#refused }, latencyMs }
  }

  get right(): number {
    return this.#ends.right
  }

  /** What was wrong with some of the wrong answers. */
  get details(): readonly string[] {
    return [...this.#details]
  }
}
