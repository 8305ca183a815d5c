import type { Code } from './code.ts'
import { invert, Matrix } from './matrix.ts'

/** How the pieces are recovered from the results of k rows. */
export interface Decoding {
  /** The k rows that are used, unit rows first. */
  readonly used: readonly number[]
  /** Pieces that arrived as they are: piece → row. */
  readonly direct: ReadonlyMap<number, number>
  readonly missing: readonly number[]
  /** [missing, used]: piece missing[i] = Σ_j matrix[i, j] · result(used[j]). */
  readonly matrix: Matrix
  /** Noise amplification A(S) of these survivors; 1 when nothing is missing. */
  readonly amplification: number
}

export interface DecoderOptions {
  /** Survivor sets above this amplification are refused. */
  readonly maxAmplification?: number
}

/** Finds, for the rows that came back, how to recover the pieces; remembers what it found. */
export class Decoder {
  readonly #code: Code
  readonly #maxAmplification: number
  readonly #known = new Map<string, Decoding | undefined>()

  constructor(code: Code, options: DecoderOptions = {}) {
    this.#code = code
    this.#maxAmplification = options.maxAmplification ?? Number.POSITIVE_INFINITY
  }

  /** @returns undefined if the rows do not span, or only with too much noise */
  decode(rows: readonly number[]): Decoding | undefined {
    const key = [...new Set(rows)].sort((a, b) => a - b).join()
    if (this.#known.has(key)) return this.#known.get(key)
    if (this.#known.size >= 4096) this.#known.clear()
    const decoding = this.#solve(key === '' ? [] : key.split(',').map(Number))
    this.#known.set(key, decoding)
    return decoding
  }

  #solve(rows: readonly number[]): Decoding | undefined {
    const direct = new Map<number, number>()
    for (const row of rows) {
      const piece = this.#code.unitPiece(row)
      if (piece !== undefined && !direct.has(piece)) direct.set(piece, row)
    }
    const missing = Array.from({ length: this.#code.k }, (_, j) => j).filter(j => !direct.has(j))
    const dense = rows.filter(row => this.#code.unitPiece(row) === undefined)
    const choices = combinations(dense, missing.length).map(chosen =>
      this.#recover(direct, missing, chosen),
    )
    const found = choices.filter(choice => choice !== undefined)
    found.sort((a, b) => a.amplification - b.amplification)
    const best = found[0]
    return best && best.amplification <= this.#maxAmplification ? best : undefined
  }

  /** Solves the e × e system of the missing pieces: M = D_m⁻¹ · (dense results − D_d · direct). */
  #recover(
    direct: ReadonlyMap<number, number>,
    missing: readonly number[],
    dense: readonly number[],
  ): Decoding | undefined {
    const rows = dense.map(row => this.#code.row(row))
    const inverse = invert(
      Matrix.fromRows(rows.map(row => Float64Array.from(missing, j => row[j]!))),
    )
    if (!inverse) return undefined
    const known = [...direct.keys()]
    const matrix = new Matrix(missing.length, known.length + dense.length)
    for (const [i] of missing.entries()) {
      const weights = inverse.row(i)
      const target = matrix.row(i)
      for (const [c, piece] of known.entries()) {
        target[c] = -rows.reduce((sum, row, j) => sum + weights[j]! * row[piece]!, 0)
      }
      target.set(weights, known.length)
    }
    const used = [...direct.values(), ...dense]
    return { used, direct, missing, matrix, amplification: this.#amplification(used, matrix) }
  }

  /** A(S)² = (1/k)·Σ_j Σ_i (G_S⁻¹)²_ji·‖g_i‖²; a direct piece contributes 1. */
  #amplification(used: readonly number[], matrix: Matrix): number {
    const { k } = this.#code
    const norms = used.map(row => this.#code.row(row).reduce((sum, value) => sum + value ** 2, 0))
    const solved = matrix.data.reduce(
      (sum, value, i) => sum + value ** 2 * norms[i % matrix.cols]!,
      0,
    )
    return Math.sqrt((k - matrix.rows + solved) / k)
  }
}

/** The subsets of a size, at most 200 of them: enough to find a well-conditioned one. */
function combinations(items: readonly number[], size: number): number[][] {
  if (size === 0) return [[]]
  const result: number[][] = []
  for (const [i, item] of items.entries()) {
    for (const rest of combinations(items.slice(i + 1), size - 1)) result.push([item, ...rest])
    if (result.length >= 200) break
  }
  return result
}
