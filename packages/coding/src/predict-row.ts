import type { Code } from './code.ts'
import type { Decoding } from './decoder.ts'

/**
 * What the result of a row must be if those of the survivors are right.
 *
 * @returns weights w: result(row) = Σ_j w[j] · result(decoding.used[j])
 * @throws {CodingError} ERR_NO_SUCH_ROW
 */
export function predictRow(code: Code, decoding: Decoding, row: number): Float64Array {
  const { used, direct, missing, matrix } = decoding
  const entries = code.row(row)
  const weights = new Float64Array(used.length)
  for (const [piece, source] of direct) weights[used.indexOf(source)]! += entries[piece]!
  for (const [i, piece] of missing.entries()) {
    for (const [j, value] of matrix.row(i).entries()) weights[j]! += entries[piece]! * value
  }
  return weights
}
