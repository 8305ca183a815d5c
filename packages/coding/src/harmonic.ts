import { invert, Matrix, multiply } from './matrix.ts'

/**
 * Parity rows of the systematic real harmonic frame: with the frame rows of a real DFT code of
 * length n and dimension k, and parity positions spread evenly, `P = G_T · G_rest⁻¹`. Every k rows
 * of [I; P] are independent, and their condition number grows slowly (BCH-DFT codes; compare
 * Ramamoorthy & Tang, arXiv:1910.06515).
 *
 * @returns [n − k, k]
 */
export function harmonicParity(n: number, k: number): Matrix {
  const parities = n - k
  const chosen = new Set(Array.from({ length: parities }, (_, i) => Math.floor((i * n) / parities)))
  const positions = Array.from({ length: n }, (_, t) => t)
  const frame = (list: number[]) => Matrix.fromRows(list.map(t => frameRow(t, n, k)))
  const parity = frame(positions.filter(t => chosen.has(t)))
  const rest = frame(positions.filter(t => !chosen.has(t)))
  return multiply(parity, invert(rest)!)
}

/** Row t of the frame: for odd k a constant and integer frequencies, for even k half-odd ones. */
function frameRow(t: number, n: number, k: number): Float64Array {
  const row: number[] = k % 2 === 1 ? [Math.SQRT1_2] : []
  for (let frequency = k % 2 === 1 ? 1 : 0.5; row.length < k; frequency++) {
    const angle = (2 * Math.PI * frequency * t) / n
    row.push(Math.cos(angle), Math.sin(angle))
  }
  return Float64Array.from(row, value => value * Math.sqrt(2 / k))
}
