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

/** Pivots below this fraction of the largest entry count as zero: the matrix is singular. */
const singularBelow = 1e-11

/**
 * Inverse of a square matrix by Gauss–Jordan elimination with partial pivoting.
 *
 * @returns undefined if the matrix is singular to working precision
 */
export function invert(matrix: Matrix): Matrix | undefined {
  const size = matrix.rows
  const left = Matrix.fromRows(Array.from({ length: size }, (_, i) => matrix.row(i)))
  const inverse = new Matrix(size, size)
  for (let i = 0; i < size; i++) inverse.row(i)[i] = 1
  const scale = left.data.reduce((top, value) => Math.max(top, Math.abs(value)), 0)
  for (let column = 0; column < size; column++) {
    const pivot = pivotRow(left, column)
    if (Math.abs(left.row(pivot)[column]!) <= scale * singularBelow) return undefined
    swapRows(left, pivot, column)
    swapRows(inverse, pivot, column)
    eliminate(left, inverse, column)
  }
  return inverse
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
