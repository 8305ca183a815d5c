/** Time of a device for one row: a shifted exponential. */
export interface RowTime {
  readonly shiftMs: number
  readonly scaleMs: number
}

/**
 * Loads of a heterogeneous coded fleet after HCMM (Reisizadeh, Prakash, Pedarsani, Avestimehr,
 * arXiv:1701.05973), for r rows that are needed: with shift aᵢ and rate μᵢ per row, λᵢ solves
 *
 *     e^{μλ} = e^{aμ}·(1 + μλ),      s = Σ μᵢ/(1 + μᵢλᵢ),      ℓᵢ = r/(s·λᵢ)
 *
 * The fleet then has r results after τ* = r/s on average; Σ ℓᵢ exceeds r by the redundancy that the
 * straggling deserves, and is r when there is none.
 *
 * @returns real-valued loads
 */
export function hcmmLoads(devices: readonly RowTime[], needed: number): number[] {
  const solved = devices.map(({ shiftMs, scaleMs }) => {
    if (scaleMs === 0) return { lambda: shiftMs, share: 1 / shiftMs }
    const x = solveLoad(shiftMs / scaleMs)
    return { lambda: x * scaleMs, share: 1 / (scaleMs * (1 + x)) }
  })
  const total = solved.reduce((sum, { share }) => sum + share, 0)
  return solved.map(({ lambda }) => needed / (total * lambda))
}

/** x with x − ln(1 + x) = c, by Newton's method from above. */
function solveLoad(c: number): number {
  let x = c + Math.sqrt(2 * c) + 1
  for (let i = 0; i < 50; i++) {
    const next = x - ((x - Math.log1p(x) - c) * (1 + x)) / x
    if (Math.abs(next - x) < 1e-12 * x) return next
    x = next
  }
  return x
}

/**
 * Deals whole rows out one by one, each to the device that would be through with it first: as even
 * an end as whole rows allow.
 */
export function evenLoads(devices: readonly RowTime[], rows: number): number[] {
  const loads = devices.map(() => 0)
  const meanMs = devices.map(({ shiftMs, scaleMs }) => shiftMs + scaleMs)
  for (let row = 0; row < rows; row++) {
    const ends = meanMs.map((mean, i) => mean * (loads[i]! + 1))
    loads[ends.indexOf(Math.min(...ends))]!++
  }
  return loads
}
