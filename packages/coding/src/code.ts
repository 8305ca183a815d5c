import { CodingError } from './errors.ts'
import { harmonicParity } from './harmonic.ts'
import { solitonRow } from './soliton.ts'

/** A code and its parameters: n subtasks from k pieces. */
export type Scheme =
  | { readonly type: 'uncoded'; readonly k: number }
  | { readonly type: 'replication'; readonly k: number; readonly r: number }
  | { readonly type: 'mds'; readonly n: number; readonly k: number }
  | { readonly type: 'vandermonde'; readonly n: number; readonly k: number }
  | { readonly type: 'lt'; readonly n: number; readonly k: number; readonly seed: number }

/**
 * A generator matrix: row i says how subtask i combines the k pieces. Rows 0…n−1 are the scheme's;
 * row n+j is the recovery row of piece j, a unit row that may be added when results are lost.
 * All entries are float32 values, since that is what the encoding multiplies with.
 */
export interface Code {
  readonly scheme: Scheme
  readonly n: number
  readonly k: number
  /** Row of length k. @throws {CodingError} ERR_NO_SUCH_ROW */
  row(index: number): Float64Array
  /** The piece that a unit row stands for; undefined for a dense row. */
  unitPiece(index: number): number | undefined
}

/** Largest n: an inversion of that size still takes less than a second. */
const maxSubtasks = 256

/** @throws {CodingError} ERR_BAD_SCHEME if its numbers are impossible */
export function createCode(scheme: Scheme): Code {
  const { k } = scheme
  const n = rowCount(scheme)
  const rows = buildRows(scheme, n)
  for (const row of rows) requireFinite(scheme, row)
  for (let j = 0; j < k; j++) rows.push(unitRow(k, j))
  const pieces = rows.map(unitOf)
  const check = (index: number) => {
    if (rows[index]) return index
    const message = `row ${index} of a code with ${n} rows and ${k} recovery rows does not exist`
    throw new CodingError('ERR_NO_SUCH_ROW', message)
  }
  return {
    scheme,
    n,
    k,
    row: index => rows[check(index)]!,
    unitPiece: index => pieces[check(index)],
  }
}

function rowCount(scheme: Scheme): number {
  const { k } = scheme
  positive('k, the number of pieces', k)
  if (scheme.type === 'uncoded') return k
  if (scheme.type === 'replication') {
    positive('r, the number of copies', scheme.r)
    positive('k·r, the number of subtasks', k * scheme.r)
    return k * scheme.r
  }
  positive('n, the number of subtasks', scheme.n)
  if (scheme.n >= k) return scheme.n
  const message = `${scheme.type}:${scheme.n},${k} asks for ${k} results out of ${scheme.n}: k cannot exceed n`
  throw new CodingError('ERR_BAD_SCHEME', message)
}

function positive(what: string, value: number): void {
  if (Number.isInteger(value) && value >= 1 && value <= maxSubtasks) return
  const message = `${what}, must be a whole number from 1 to ${maxSubtasks}, not ${value}`
  throw new CodingError('ERR_BAD_SCHEME', message)
}

function buildRows(scheme: Scheme, n: number): Float64Array[] {
  const { type, k } = scheme
  const indices = Array.from({ length: n }, (_, i) => i)
  if (type === 'vandermonde') return indices.map(i => vandermondeRow(i + 1, k))
  if (type === 'lt') return indices.map(i => solitonRow(k, i, scheme.seed))
  if (type !== 'mds' || n === k) return indices.map(i => unitRow(k, i % k))
  const parity = harmonicParity(n, k)
  return indices.map(i => (i < k ? unitRow(k, i) : parity.row(i - k).map(Math.fround)))
}

function requireFinite({ type, k }: Scheme, row: Float64Array): void {
  if (row.every(Number.isFinite)) return
  const message = `a ${type} row of ${k} pieces has entries beyond float32: use mds`
  throw new CodingError('ERR_BAD_SCHEME', message)
}

function unitRow(k: number, piece: number): Float64Array {
  return new Float64Array(k).fill(1, piece, piece + 1)
}

/** Powers of a point: the family of the CoCoI paper, with points 1…n. */
function vandermondeRow(point: number, k: number): Float64Array {
  return Float64Array.from({ length: k }, (_, j) => Math.fround(point ** j))
}

function unitOf(row: Float64Array): number | undefined {
  const places = [...row.keys()].filter(j => row[j] !== 0)
  return places.length === 1 && row[places[0]!] === 1 ? places[0] : undefined
}
