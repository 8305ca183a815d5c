/** A value that is a sum of terms with unknown factors, the same for all values. */
export interface TermSum {
  readonly terms: readonly number[]
  readonly value: number
}

/** A factor that is as good as any other where the values do not tell. */
export interface LikelyFactor {
  readonly term: number
  readonly factor: number
}

/** Weight of a likely factor, compared with one value. */
const hint = 1e-8

/**
 * The factors of a few terms by non-negative least squares of the relative errors. Of all sets of terms
 * that could make up the values, the one is taken that errs least with no factor below zero.
 */
export function fitTerms(
  count: number,
  sums: readonly TermSum[],
  likely: readonly LikelyFactor[] = [],
): number[] {
  const rows = [
    ...sums.map(({ terms, value }) => ({ terms: terms.map(term => term / value), value: 1 })),
    ...likely.map(({ term, factor }) => hinted(count, term, factor)),
  ]
  let best = { factors: Array.from({ length: count }, () => 0), error: Number.POSITIVE_INFINITY }
  for (let set = 1; set < 2 ** count; set++) {
    const chosen = [...Array(count).keys()].filter(term => (set >> term) & 1)
    const found = solve(rows, chosen)
    if (!found?.every(factor => factor >= 0)) continue
    const factors = best.factors.map((_, term) => found[chosen.indexOf(term)] ?? 0)
    const error = errorOf(rows, factors)
    // A term more always explains a little more, by chance.
    if (error < best.error * (1 - 1e-9)) best = { factors, error }
  }
  return best.factors
}

function hinted(count: number, term: number, factor: number): TermSum {
  const weight = Math.sqrt(hint)
  const terms = Array.from({ length: count }, (_, i) => (i === term ? weight / factor : 0))
  return { terms, value: weight }
}

function errorOf(rows: readonly TermSum[], factors: readonly number[]): number {
  return rows.reduce((sum, { terms, value }) => {
    const made = terms.reduce((total, term, i) => total + term * factors[i]!, 0)
    return sum + (made - value) ** 2
  }, 0)
}

/** Least squares over some of the terms; undefined where the rows do not tell them apart. */
function solve(rows: readonly TermSum[], chosen: readonly number[]): number[] | undefined {
  const size = chosen.length
  const matrix = chosen.map(i => [
    ...chosen.map(j => rows.reduce((sum, { terms }) => sum + terms[i]! * terms[j]!, 0)),
    rows.reduce((sum, { terms, value }) => sum + terms[i]! * value, 0),
  ])
  const scales = matrix.map((row, i) => row[i]!)
  for (let i = 0; i < size; i++) {
    const row = matrix[i]!
    if (!(row[i]! > 1e-9 * scales[i]!)) return undefined
    for (const [j, other] of matrix.entries()) {
      if (j === i) continue
      const times = other[i]! / row[i]!
      for (let column = i; column <= size; column++) other[column]! -= times * row[column]!
    }
  }
  return matrix.map((row, i) => row[size]! / row[i]!)
}
