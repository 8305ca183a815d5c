/** Small seeded generator (mulberry32), uniform in [0, 1). */
function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

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

/** Ideal soliton: P(1) = 1/k, P(d) = 1/(d(d−1)); its tail is 1/d − 1/k, inverted here. */
function solitonDegree(k: number, uniform: number): number {
  if (uniform < 1 / k) return 1
  return Math.min(k, Math.ceil(1 / (1 - uniform + 1 / k)) + 1)
}
