/** A value that is made up of two terms with unknown factors: `value ≈ first·u + second·v`. */
export interface TwoTerms {
  readonly u: number
  readonly v: number
  readonly value: number
}

/**
 * The factors of both terms by least squares of the relative errors, neither below zero: where one
 * would be, or where the points do not tell them apart, the second explains all.
 */
export function fitTwoTerms(points: readonly TwoTerms[]): { first: number; second: number } {
  let [uu, uv, vv, u1, v1] = [0, 0, 0, 0, 0]
  for (const { u, v, value } of points) {
    const [a, b] = [u / value, v / value]
    uu += a * a
    uv += a * b
    vv += b * b
    u1 += a
    v1 += b
  }
  const determinant = uu * vv - uv * uv
  const alone = { first: 0, second: vv > 0 ? v1 / vv : 0 }
  if (determinant <= 1e-9 * uu * vv) return alone
  const first = (u1 * vv - v1 * uv) / determinant
  const second = (v1 * uu - u1 * uv) / determinant
  if (first < 0) return alone
  return second < 0 ? { first: u1 / uu, second: 0 } : { first, second }
}
