/** Row-major matrix of float64. */
export class Matrix {
  readonly rows: number
  readonly cols: number
  readonly data: Float64Array

  constructor(rows: number, cols: number, data = new Float64Array(rows * cols)) {
    this.rows = rows
    this.cols = cols
    this.data = data
  }

  static fromRows(rows: readonly Float64Array[]): Matrix {
    const matrix = new Matrix(rows.length, rows[0]?.length ?? 0)
    for (const [i, row] of rows.entries()) matrix.data.set(row, i * matrix.cols)
    return matrix
  }

  row(i: number): Float64Array {
    return this.data.subarray(i * this.cols, (i + 1) * this.cols)
  }
}

/**
 * A pivot below this fraction of the largest entry of its column counts as zero. Relative to the
 * column, since those of a Vandermonde matrix differ by many orders of magnitude.
 */
const singularBelow = 1e-11

/**
 * Inverse of a square matrix by Gauss–Jordan elimination with partial pivoting.
 *
 * @returns undefined if the matrix is singular to working precision
 */
export function invert(matrix: Matrix): Matrix | undefined {
  const size = matrix.rows
  const left = new Matrix(size, size, matrix.data.slice())
  const inverse = new Matrix(size, size)
  for (let i = 0; i < size; i++) inverse.row(i)[i] = 1
  const scales = columnScales(matrix)
  for (let column = 0; column < size; column++) {
    const pivot = pivotRow(left, column)
    const value = Math.abs(left.row(pivot)[column]!)
    if (!(value > scales[column]! * singularBelow)) return undefined
    swapRows(left, pivot, column)
    swapRows(inverse, pivot, column)
    eliminate(left, inverse, column)
  }
  return inverse
}

/**
 * As many independent rows as the matrix has columns, by elimination with complete pivoting: it
 * takes the rows that stand out most, so that their inverse is not needlessly large.
 *
 * @returns their indices, or undefined if the rows do not span
 */
export function independentRows(matrix: Matrix): number[] | undefined {
  const scales = columnScales(matrix)
  const rest = new Map(
    Array.from({ length: matrix.rows }, (_, i) => [i, matrix.row(i).map((v, j) => v / scales[j]!)]),
  )
  const chosen: number[] = []
  while (chosen.length < matrix.cols) {
    const [index, column] = largestEntry(rest)
    const pivot = rest.get(index)
    if (!pivot || !(Math.abs(pivot[column]!) > singularBelow)) return undefined
    rest.delete(index)
    chosen.push(index)
    for (const row of rest.values()) subtract(row, pivot, row[column]! / pivot[column]!)
  }
  return chosen
}

/** Largest magnitude in each column; 1 for a column of zeros. */
function columnScales(matrix: Matrix): Float64Array {
  const scales = new Float64Array(matrix.cols)
  for (let i = 0; i < matrix.rows; i++) {
    const row = matrix.row(i)
    for (let j = 0; j < matrix.cols; j++) scales[j] = Math.max(scales[j]!, Math.abs(row[j]!))
  }
  return scales.map(scale => scale || 1)
}

function largestEntry(rows: ReadonlyMap<number, Float64Array>): [row: number, column: number] {
  let [best, row, column] = [-1, -1, -1]
  for (const [i, values] of rows) {
    for (const [j, value] of values.entries()) {
      if (Math.abs(value) > best) [best, row, column] = [Math.abs(value), i, j]
    }
  }
  return [row, column]
}

function pivotRow(matrix: Matrix, column: number): number {
  let best = column
  for (let i = column + 1; i < matrix.rows; i++) {
    if (Math.abs(matrix.row(i)[column]!) > Math.abs(matrix.row(best)[column]!)) best = i
  }
  return best
}

function swapRows(matrix: Matrix, a: number, b: number): void {
  if (a === b) return
  const kept = matrix.row(a).slice()
  matrix.row(a).set(matrix.row(b))
  matrix.row(b).set(kept)
}

function eliminate(left: Matrix, right: Matrix, column: number): void {
  const factor = 1 / left.row(column)[column]!
  for (const matrix of [left, right]) scaleRow(matrix.row(column), factor)
  for (let i = 0; i < left.rows; i++) {
    const weight = left.row(i)[column]!
    if (i === column || weight === 0) continue
    for (const matrix of [left, right]) subtract(matrix.row(i), matrix.row(column), weight)
  }
}

function scaleRow(row: Float64Array, factor: number): void {
  for (let j = 0; j < row.length; j++) row[j] = row[j]! * factor
}

function subtract(row: Float64Array, other: Float64Array, weight: number): void {
  for (let j = 0; j < row.length; j++) row[j] = row[j]! - weight * other[j]!
}

/** Product of two matrices. */
export function multiply(a: Matrix, b: Matrix): Matrix {
  const product = new Matrix(a.rows, b.cols)
  for (let i = 0; i < a.rows; i++) {
    for (let j = 0; j < a.cols; j++) subtract(product.row(i), b.row(j), -a.row(i)[j]!)
  }
  return product
}
