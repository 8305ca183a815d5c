import { type Code, createCode } from '@cocoi/coding'
import { expect } from 'chai'
import { subsets } from './survivor-sets.ts'

/** Singular values by one-sided Jacobi rotations of the columns (Demmel & Veselić 1992). */
function singularValues(rows: readonly Float64Array[]): number[] {
  const columns = [...rows[0]!.keys()].map(j => rows.map(row => row[j]!))
  const dot = (a: number[], b: number[]) => a.reduce((sum, value, i) => sum + value * b[i]!, 0)
  for (let rotated = true; rotated; ) {
    rotated = false
    for (const [p, a] of columns.entries()) {
      for (const b of columns.slice(p + 1)) {
        const [aa, bb, ab] = [dot(a, a), dot(b, b), dot(a, b)]
        if (Math.abs(ab) <= 1e-13 * Math.sqrt(aa * bb)) continue
        rotated = true
        const zeta = (bb - aa) / (2 * ab)
        const t = Math.sign(zeta || 1) / (Math.abs(zeta) + Math.hypot(1, zeta))
        const cosine = 1 / Math.hypot(1, t)
        for (const i of a.keys()) {
          const [x, y] = [a[i]!, b[i]!]
          a[i] = cosine * (x - t * y)
          b[i] = cosine * (y + t * x)
        }
      }
    }
  }
  return columns.map(column => Math.sqrt(dot(column, column)))
}

/** Largest ratio of singular values over all survivor sets of k rows. */
function worstCondition(code: Code): number {
  const conditions = subsets(code.n, code.k).map(rows => {
    const values = singularValues(rows.map(row => code.row(row)))
    return Math.max(...values) / Math.min(...values)
  })
  return Math.max(...conditions)
}

describe('worst condition number over all survivor sets', () => {
  const table: [n: number, k: number, condition: number][] = [
    [5, 4, 4.8],
    [8, 6, 14.4],
    [10, 8, 22.6],
    [10, 7, 45],
  ]
  for (const [n, k, condition] of table) {
    it(`is ${condition} for systematic harmonic (${n},${k})`, () => {
      const found = worstCondition(createCode({ type: 'mds', n, k }))
      expect(found).to.be.closeTo(condition, condition > 40 ? 0.5 : 0.05)
    })
  }

  it('is thousands of times larger for the Vandermonde family of the paper', () => {
    expect(worstCondition(createCode({ type: 'vandermonde', n: 5, k: 4 }))).to.be.closeTo(5.7e3, 60)
    const wide = worstCondition(createCode({ type: 'vandermonde', n: 8, k: 6 }))
    expect(wide).to.be.closeTo(2.9e7, 0.05e7)
  })
})
