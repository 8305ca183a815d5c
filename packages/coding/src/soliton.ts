import { seeded } from './seeded.ts'

/**
 * Row `index` of an LT code (Luby, FOCS 2002; CoCoI's LtCoI): as many ones as a draw from the ideal
 * soliton distribution says, at random places. The same for the same seed and index, everywhere.
 */
export function solitonRow(k: number, index: number, seed: number): Float64Array {
  const random = seeded(seed * 7919 + index)
  const degree = solitonDegree(k, random())
  const row = new Float64Array(k)
  for (let ones = 0; ones < degree; ) {
    const place = Math.floor(random() * k)
    if (row[place] === 0) ones++
    row[place] = 1
  }
  return row
}

/** Ideal soliton: P(1) = 1/k, P(d) = 1/(d(d−1)), so P(≤ d) = 1 + 1/k − 1/d; inverted here. */
function solitonDegree(k: number, uniform: number): number {
  if (uniform < 1 / k) return 1
  return Math.min(k, Math.max(2, Math.ceil(1 / (1 - uniform + 1 / k))))
}
