import type { Code } from './code.ts'
import { independentRows, invert, Matrix, multiply } from './matrix.ts'

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
  /**
   * Survivor sets above this amplification are refused.
   *
   * @default Infinity: whatever float64 can solve
   */
  readonly maxAmplification?: number
}

/**
 * A solution is checked: no recovered piece may hold more than this much of any other piece. Far
 * more than the rounding of any survivor set that is worth decoding, far less than nonsense.
 */
const maxResidual = 1e-4

/** Solutions compared when there are more rows than needed; on a Pi 4 some tens of milliseconds. */
const maxCompared = 128

/** Survivor sets whose decoding is remembered. */
const maxKnown = 4096

/** Finds, for the rows that came back, how to recover the pieces; remembers what it found. */
export class Decoder {
  readonly #code: Code
  readonly #maxAmplification: number
  readonly #known = new Map<string, Decoding | undefined>()

  constructor(code: Code, options: DecoderOptions = {}) {
    this.#code = code
    this.#maxAmplification = options.maxAmplification ?? Number.POSITIVE_INFINITY
  }

  /**
   * @param rows results at hand, in any order; more than k make the decoding less noisy
   * @returns undefined if the rows do not span, or only with too much noise
   * @throws {CodingError} ERR_NO_SUCH_ROW
   */
  decode(rows: readonly number[]): Decoding | undefined {
    const distinct = [...new Set(rows)].sort((a, b) => a - b)
    const key = distinct.join()
    if (this.#known.has(key)) return this.#known.get(key)
    if (this.#known.size >= maxKnown) this.#known.clear()
    const decoding = this.#solve(distinct)
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
    const first = independentRows(this.#columns(dense, missing))
    if (!first) return undefined
    const chosen = first.map(i => dense[i]!)
    const best = this.#leastNoise({ direct, missing, dense, chosen })
    const trusted = best && this.#residual(best) <= maxResidual
    return trusted && best.amplification <= this.#maxAmplification ? best : undefined
  }

  /** Of dense rows the columns of the missing pieces. */
  #columns(dense: readonly number[], missing: readonly number[]): Matrix {
    const rows = dense.map(row => this.#code.row(row))
    const data = Float64Array.from(rows.flatMap(row => missing.map(j => row[j]!)))
    return new Matrix(dense.length, missing.length, data)
  }

  /** With more dense rows than needed: exchanges one for another as long as that lowers A(S). */
  #leastNoise(start: Choice & { dense: readonly number[] }): Decoding | undefined {
    let best = this.#recover(start)
    let chosen = start.chosen
    let compared = 0
    for (let last: Decoding | undefined; best && last !== best; ) {
      last = best
      for (const other of exchanges(chosen, start.dense)) {
        if (compared++ >= maxCompared) return best
        const found = this.#recover({ ...start, chosen: other })
        if (!found || found.amplification >= best.amplification) continue
        best = found
        chosen = other
      }
    }
    return best
  }

  /** Solves the e × e system of the missing pieces: M = D_m⁻¹ · (dense results − D_d · direct). */
  #recover({ direct, missing, chosen }: Choice): Decoding | undefined {
    const inverse = invert(this.#columns(chosen, missing))
    if (!inverse) return undefined
    const rows = chosen.map(row => this.#code.row(row))
    const known = [...direct.keys()]
    const matrix = new Matrix(missing.length, known.length + chosen.length)
    for (let i = 0; i < missing.length; i++) {
      const weights = inverse.row(i)
      const target = matrix.row(i)
      for (const [c, piece] of known.entries()) {
        target[c] = -rows.reduce((sum, row, j) => sum + weights[j]! * row[piece]!, 0)
      }
      target.set(weights, known.length)
    }
    const used = [...direct.values(), ...chosen]
    return { used, direct, missing, matrix, amplification: this.#amplification(used, matrix) }
  }

  /** Largest entry of D · G_used − I_missing: how much of a piece ends up in another one. */
  #residual({ used, missing, matrix }: Decoding): number {
    const product = multiply(matrix, Matrix.fromRows(used.map(row => this.#code.row(row))))
    for (const [i, piece] of missing.entries()) product.row(i)[piece]! -= 1
    return product.data.reduce((top, value) => Math.max(top, Math.abs(value)), 0)
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

/** What arrived directly, what did not, and the dense rows that are to be solved for it. */
interface Choice {
  readonly direct: ReadonlyMap<number, number>
  readonly missing: readonly number[]
  readonly chosen: readonly number[]
}

/** All lists that differ from `chosen` in one row. */
function exchanges(chosen: readonly number[], dense: readonly number[]): number[][] {
  const spare = dense.filter(row => !chosen.includes(row))
  return chosen.flatMap((_, i) => spare.map(row => chosen.with(i, row)))
}
