import type { Code } from './code.ts'
import { Decoder } from './decoder.ts'
import { frameOrder } from './harmonic.ts'
import { seeded } from './seeded.ts'

export interface WorstCaseOptions {
  /**
   * Survivor sets looked at; with more than that a seeded sample.
   *
   * @default 2000
   */
  readonly maxSets?: number
  readonly seed?: number
}

/** What decoding from any k results of a code may cost. */
export interface WorstCase {
  /** Largest noise amplification A(S) among the sets that span; 1 for unit rows. */
  readonly amplification: number
  /** Share of the sets that span: 1 for MDS codes. */
  readonly spanning: number
  /** Whether every survivor set was looked at; otherwise `amplification` is a lower bound. */
  readonly exhaustive: boolean
}

/**
 * Worst noise amplification over the survivor sets of k out of n rows. Where there are too many
 * sets, all losses of a run of neighbours are looked at (for the harmonic code the worst ones,
 * see `frameOrder`) and a seeded sample of the others.
 */
export function worstAmplification(code: Code, options: WorstCaseOptions = {}): WorstCase {
  const { maxSets = 2000, seed = 1 } = options
  const { n, k } = code
  const exhaustive = binomial(n, k) <= maxSets
  const sets = exhaustive ? combinations(n, k) : sample(code, maxSets, seed)
  const decoder = new Decoder(code)
  let [looked, spanning, amplification] = [0, 0, 1]
  for (const rows of sets) {
    const decoding = decoder.decode(rows)
    looked += 1
    if (!decoding) continue
    spanning += 1
    amplification = Math.max(amplification, decoding.amplification)
  }
  return { amplification, spanning: spanning / looked, exhaustive }
}

function binomial(n: number, k: number): number {
  let product = 1
  for (let i = 1; i <= k; i++) product = (product * (n - k + i)) / i
  return product
}

/** Every k of 0…n−1, in lexicographic order. */
function* combinations(n: number, k: number): Generator<number[]> {
  const rows = Array.from({ length: k }, (_, i) => i)
  for (;;) {
    yield [...rows]
    const last = rows.findLastIndex((row, i) => row < n - k + i)
    if (last < 0) return
    const from = rows[last]! + 1
    for (let i = last; i < k; i++) rows[i] = from + i - last
  }
}

function* sample(code: Code, count: number, seed: number): Generator<number[]> {
  const { n, k, scheme } = code
  const random = seeded(seed)
  const rows = Array.from({ length: n }, (_, i) => i)
  const order = scheme.type === 'mds' ? frameOrder(n, k) : rows
  for (let first = 0; first < n; first++) {
    yield rows.slice(0, k).map((_, i) => order[(first + i) % n]!)
  }
  for (let i = n; i < count; i++) {
    for (let j = 0; j < k; j++) swap(rows, j, j + Math.floor(random() * (n - j)))
    yield rows.slice(0, k)
  }
}

function swap(rows: number[], i: number, j: number): void {
  ;[rows[i], rows[j]] = [rows[j]!, rows[i]!]
}
