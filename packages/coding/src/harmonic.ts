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
  const frame = (positions: number[]) => Matrix.fromRows(positions.map(t => frameRow(t, n, k)))
  const { data, parity } = framePositions(n, k)
  return multiply(frame(parity), invert(frame(data))!)
}

/**
 * The rows of the systematic code in the order in which they stand in the frame. Neighbours in it
 * resemble each other most: losing a run of them is the worst that can happen.
 */
export function frameOrder(n: number, k: number): number[] {
  const { data, parity } = framePositions(n, k)
  const order = new Array<number>(n)
  for (const [row, position] of [...data, ...parity].entries()) order[position] = row
  return order
}

function framePositions(n: number, k: number): { data: number[]; parity: number[] } {
  const parities = n - k
  const spread = Array.from({ length: parities }, (_, i) => Math.floor((i * n) / parities))
  const chosen = new Set(spread)
  const positions = Array.from({ length: n }, (_, t) => t)
  return { data: positions.filter(t => !chosen.has(t)), parity: spread }
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
