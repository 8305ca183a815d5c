import { CodingError, createCode, type Scheme } from '@cocoi/coding'
import { expect } from 'chai'

function refusal(scheme: Scheme): string {
  try {
    createCode(scheme)
  } catch (error) {
    expect(error).to.be.instanceOf(CodingError)
    expect((error as CodingError).code).to.equal('ERR_BAD_SCHEME')
    return (error as CodingError).message
  }
  return 'accepted'
}

describe('createCode', () => {
  it('refuses impossible numbers and says which', () => {
    expect(refusal({ type: 'mds', n: 3, k: 4 }))
      .to.include('mds:3,4')
      .and.include('k cannot exceed n')
    expect(refusal({ type: 'uncoded', k: 0 })).to.include('not 0')
    expect(refusal({ type: 'mds', n: 4, k: 0 })).to.include('not 0')
    expect(refusal({ type: 'replication', k: 2, r: 0 })).to.include('not 0')
    expect(refusal({ type: 'vandermonde', n: 4, k: 2.5 })).to.include('not 2.5')
    expect(refusal({ type: 'lt', n: Number.NaN, k: 2, seed: 1 })).to.include('not NaN')
    expect(refusal({ type: 'mds', n: -4, k: -5 })).to.include('not -5')
  })

  it('refuses sizes that no cluster has before it allocates them', () => {
    expect(refusal({ type: 'mds', n: 1e9, k: 5e8 })).to.include('from 1 to 256')
    expect(refusal({ type: 'replication', k: 200, r: 1e7 })).to.include('from 1 to 256')
    expect(refusal({ type: 'vandermonde', n: 256, k: 64 })).to.include('beyond float32')
  })

  it('has n rows of length k and a unit recovery row for every piece', () => {
    const schemes: Scheme[] = [
      { type: 'uncoded', k: 4 },
      { type: 'replication', k: 4, r: 2 },
      { type: 'mds', n: 7, k: 4 },
      { type: 'vandermonde', n: 7, k: 4 },
      { type: 'lt', n: 7, k: 4, seed: 1 },
    ]
    for (const scheme of schemes) {
      const code = createCode(scheme)
      for (let i = 0; i < code.n; i++) expect(code.row(i), scheme.type).to.have.length(4)
      for (let j = 0; j < 4; j++) expect(code.unitPiece(code.n + j), scheme.type).to.equal(j)
      expect(() => code.row(code.n + 4)).to.throw(CodingError, 'does not exist')
    }
  })

  it('begins systematic MDS with the pieces themselves and mixes all of them in parity rows', () => {
    for (const [n, k] of [
      [6, 4],
      [10, 7],
      [20, 16],
    ] as const) {
      const code = createCode({ type: 'mds', n, k })
      for (let i = 0; i < k; i++) expect(code.unitPiece(i)).to.equal(i)
      for (let i = k; i < n; i++) {
        expect(code.unitPiece(i)).to.equal(undefined)
        expect(code.row(i).every(value => value !== 0)).to.equal(true)
      }
    }
  })

  it('has the parity rows of the closed form', () => {
    const parity = [...createCode({ type: 'mds', n: 5, k: 4 }).row(4)]
    expect(parity.map(value => Math.round(value * 1e6) / 1e6)).to.deep.equal([1, -1, 1, -1])
    const rows = [4, 5].map(i => [...createCode({ type: 'mds', n: 6, k: 4 }).row(i)])
    const rounded = rows.map(row => row.map(value => Math.round(value * 1000) / 1000))
    expect(rounded).to.deep.equal([
      [0.866, -0.5, 0.5, -0.866],
      [-0.5, 0.866, 0.866, -0.5],
    ])
  })

  it('holds exactly what a float32 encoding multiplies with', () => {
    for (const type of ['mds', 'vandermonde'] as const) {
      const code = createCode({ type, n: 20, k: 13 })
      for (let i = 0; i < 20; i++) {
        expect([...code.row(i)]).to.deep.equal([...Float32Array.from(code.row(i))])
      }
    }
  })
})
