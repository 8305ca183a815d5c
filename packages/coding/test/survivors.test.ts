import { createCode, Decoder, type Scheme } from '@cocoi/coding'
import { expect } from 'chai'

function subsets(n: number, size: number): number[][] {
  const all = Array.from({ length: 1 << n }, (_, bits) => bits)
  const members = (bits: number) =>
    Array.from({ length: n }, (_, i) => i).filter(i => bits & (1 << i))
  return all.map(members).filter(list => list.length === size)
}

/** Largest distance between D · G_used and the unit rows of the missing pieces. */
function residual(scheme: Scheme, rows: number[]): number {
  const code = createCode(scheme)
  const decoding = new Decoder(code).decode(rows)
  if (!decoding) return Number.POSITIVE_INFINITY
  let worst = 0
  for (const [i, piece] of decoding.missing.entries()) {
    for (let column = 0; column < code.k; column++) {
      const terms = decoding.used.map(
        (row, j) => decoding.matrix.row(i)[j]! * code.row(row)[column]!,
      )
      const want = column === piece ? 1 : 0
      worst = Math.max(worst, Math.abs(terms.reduce((a, b) => a + b, 0) - want))
    }
  }
  return worst
}

describe('systematic MDS code', () => {
  it('recovers every piece from every survivor set for all n up to 10', () => {
    for (let n = 1; n <= 10; n++) {
      for (let k = 1; k <= n; k++) {
        for (const rows of subsets(n, k)) {
          expect(residual({ type: 'mds', n, k }, rows), `(${n},${k}) ${rows}`).to.be.below(1e-8)
        }
      }
    }
  })

  it('amplifies noise at most 11 times up to n = 10 with three spare rows', () => {
    for (let n = 2; n <= 10; n++) {
      for (let k = Math.max(1, n - 3); k < n; k++) {
        const decoder = new Decoder(createCode({ type: 'mds', n, k }))
        const worst = Math.max(...subsets(n, k).map(rows => decoder.decode(rows)!.amplification))
        expect(worst, `(${n},${k})`).to.be.below(11)
      }
    }
  })
})

describe('Decoder', () => {
  it('refuses survivor sets that do not span or are too noisy', () => {
    const uncoded = new Decoder(createCode({ type: 'uncoded', k: 3 }))
    expect(uncoded.decode([0, 1])).to.equal(undefined)
    expect(uncoded.decode([0, 1, 1])).to.equal(undefined)
    const noisy = new Decoder(createCode({ type: 'vandermonde', n: 10, k: 8 }), {
      maxAmplification: 30,
    })
    for (const rows of subsets(10, 8)) expect(noisy.decode(rows)).to.equal(undefined)
  })

  it('completes a rateless code with recovery rows', () => {
    const code = createCode({ type: 'lt', n: 6, k: 4, seed: 3 })
    const rows = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
    expect(new Decoder(code).decode(rows)!.used).to.have.length(4)
  })

  it('names impossible codes', () => {
    expect(() => createCode({ type: 'mds', n: 3, k: 4 })).to.throw('k cannot exceed n')
    expect(() => createCode({ type: 'uncoded', k: 0 })).to.throw('not 0')
  })
})
