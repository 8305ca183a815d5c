import type { Code, Decoding } from '@cocoi/coding'

/** Every set of `size` rows out of 0…n−1. */
export function subsets(n: number, size: number): number[][] {
  if (size === 0) return [[]]
  if (size > n) return []
  const withLast = subsets(n - 1, size - 1).map(rows => [...rows, n - 1])
  return [...subsets(n - 1, size), ...withLast]
}

/** Small seeded generator (mulberry32), uniform in [0, 1). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

/** A random set of `size` rows out of 0…n−1, in random order. */
export function randomSubset(random: () => number, n: number, size: number): number[] {
  const rows = Array.from({ length: n }, (_, i) => i)
  for (let i = 0; i < size; i++) {
    const j = i + Math.floor(random() * (n - i))
    ;[rows[i], rows[j]] = [rows[j]!, rows[i]!]
  }
  return rows.slice(0, size)
}

/** Largest distance between what a decoding makes of the rows it uses and the pieces. */
export function distanceFromPieces(code: Code, decoding: Decoding): number {
  let worst = 0
  for (const [piece, row] of decoding.direct) {
    const entries = [...code.row(row)]
    worst = Math.max(worst, ...entries.map((value, j) => Math.abs(value - (j === piece ? 1 : 0))))
  }
  for (const [i, piece] of decoding.missing.entries()) {
    const weights = decoding.matrix.row(i)
    for (let column = 0; column < code.k; column++) {
      const sum = decoding.used.reduce((t, row, j) => t + weights[j]! * code.row(row)[column]!, 0)
      worst = Math.max(worst, Math.abs(sum - (column === piece ? 1 : 0)))
    }
  }
  return worst
}
