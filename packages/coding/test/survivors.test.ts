import { type Code, createCode, Decoder, type Scheme } from '@cocoi/coding'
import { expect } from 'chai'
import { distanceFromPieces, randomSubset, seeded, subsets } from './survivor-sets.ts'

/** Every (n, k) with n up to 10. */
const small = Array.from({ length: 10 }, (_, i) => i + 1).flatMap(n =>
  Array.from({ length: n }, (_, j) => ({ n, k: j + 1 })),
)

/** Whether the rows hold every piece at least once; for codes of unit rows only. */
function coverAll(code: Code, rows: readonly number[]): boolean {
  return new Set(rows.map(row => code.unitPiece(row))).size === code.k
}

/** Decodes every set of every size and compares with what the rows themselves say. */
function checkUnitCode(scheme: Scheme): void {
  const code = createCode(scheme)
  const decoder = new Decoder(code)
  for (let size = 0; size <= code.n; size++) {
    for (const rows of subsets(code.n, size)) {
      const decoding = decoder.decode(rows)
      const what = `${scheme.type} k=${code.k} rows ${rows}`
      expect(decoding !== undefined, what).to.equal(coverAll(code, rows))
      if (decoding) expect(distanceFromPieces(code, decoding), what).to.equal(0)
    }
  }
}

describe('survivor sets', () => {
  it('of systematic MDS are all decoded for every (n, k) up to n = 10', () => {
    for (const { n, k } of small) {
      const code = createCode({ type: 'mds', n, k })
      const decoder = new Decoder(code)
      for (const rows of subsets(n, k)) {
        const decoding = decoder.decode(rows)!
        expect(distanceFromPieces(code, decoding), `(${n},${k}) ${rows}`).to.be.below(1e-12)
      }
    }
  })

  it('of Vandermonde are all decoded for every (n, k) up to n = 10, as well as float64 can', () => {
    for (const { n, k } of small) {
      const code = createCode({ type: 'vandermonde', n, k })
      const decoder = new Decoder(code)
      for (const rows of subsets(n, k)) {
        const decoding = decoder.decode(rows)!
        expect(distanceFromPieces(code, decoding), `(${n},${k}) ${rows}`).to.be.below(1e-4)
      }
    }
  })

  it('of uncoded and replicated pieces are decoded exactly when they hold every piece', () => {
    for (let k = 1; k <= 10; k++) checkUnitCode({ type: 'uncoded', k })
    for (let k = 1; k <= 5; k++) {
      for (let r = 1; k * r <= 10; r++) checkUnitCode({ type: 'replication', k, r })
    }
  })

  it('are never decoded with fewer than k results', () => {
    for (const { n, k } of small) {
      for (const type of ['mds', 'vandermonde'] as const) {
        const decoder = new Decoder(createCode({ type, n, k }))
        for (const rows of subsets(n, k - 1)) {
          expect(decoder.decode(rows), `${type} (${n},${k}) ${rows}`).to.equal(undefined)
          expect(decoder.decode([...rows, ...rows])).to.equal(undefined)
        }
      }
    }
  })

  it('drawn at random up to n = 20 are decoded by systematic MDS whatever k is', () => {
    const random = seeded(1)
    for (let n = 11; n <= 20; n++) {
      for (let k = 1; k <= n; k++) {
        const code = createCode({ type: 'mds', n, k })
        const decoder = new Decoder(code)
        for (let i = 0; i < 20; i++) {
          const rows = randomSubset(random, n, k)
          const decoding = decoder.decode(rows)!
          expect(distanceFromPieces(code, decoding), `(${n},${k}) ${rows}`).to.be.below(1e-9)
        }
      }
    }
  })

  it('drawn at random up to n = 20 are decoded right or refused by Vandermonde', () => {
    const random = seeded(2)
    let refused = 0
    for (let n = 11; n <= 20; n++) {
      for (let k = 1; k <= n; k++) {
        const code = createCode({ type: 'vandermonde', n, k })
        const decoder = new Decoder(code)
        for (let i = 0; i < 10; i++) {
          const rows = randomSubset(random, n, k)
          const decoding = decoder.decode(rows)
          if (!decoding) refused++
          else expect(distanceFromPieces(code, decoding), `(${n},${k}) ${rows}`).to.be.below(1e-4)
        }
      }
    }
    expect(refused, 'float64 resolves no (20, 20) Vandermonde').to.be.above(100)
  })
})
