import { type Code, CodingError, createCode, Decoder, type Scheme } from '@cocoi/coding'
import { expect } from 'chai'
import { distanceFromPieces, randomSubset, seeded, subsets } from './survivor-sets.ts'

/** Least amplification of all choices of k rows among these that take the pieces that are there. */
function leastNoise(code: Code, rows: readonly number[]): number {
  const decoder = new Decoder(code)
  const units = rows.filter(row => code.unitPiece(row) !== undefined)
  const choices = subsets(rows.length, code.k).map(places => places.map(i => rows[i]!))
  const all = choices
    .filter(chosen => units.every(row => chosen.includes(row)))
    .map(chosen => decoder.decode(chosen))
  return Math.min(...all.map(decoding => decoding?.amplification ?? Number.POSITIVE_INFINITY))
}

describe('Decoder', () => {
  it('takes the least noisy of all choices when one result more than needed is there', () => {
    const schemes: Scheme[] = [
      { type: 'mds', n: 6, k: 3 },
      { type: 'mds', n: 9, k: 6 },
      { type: 'vandermonde', n: 7, k: 4 },
      { type: 'lt', n: 9, k: 5, seed: 4 },
    ]
    for (const scheme of schemes) {
      const code = createCode(scheme)
      const decoder = new Decoder(code)
      for (const rows of subsets(code.n, code.k + 1)) {
        const decoding = decoder.decode(rows)
        const best = leastNoise(code, rows)
        const what = `${scheme.type} (${code.n},${code.k}) ${rows}`
        expect(decoding?.amplification ?? Number.POSITIVE_INFINITY, what).to.be.at.most(
          best * 1.001,
        )
      }
    }
  })

  it('comes close to the least noisy choice with more results', () => {
    for (const type of ['mds', 'vandermonde'] as const) {
      const code = createCode({ type, n: 9, k: 5 })
      const decoder = new Decoder(code)
      for (const rows of subsets(9, 7)) {
        const found = decoder.decode(rows)!.amplification
        expect(found, `${type} ${rows}`).to.be.at.most(leastNoise(code, rows) * 1.5)
      }
    }
  })

  it('gets quieter by a parity row more and hardly noisier by a piece more', () => {
    const random = seeded(5)
    const code = createCode({ type: 'mds', n: 12, k: 8 })
    const decoder = new Decoder(code)
    for (let i = 0; i < 300; i++) {
      const rows = randomSubset(random, 12, 11)
      const noise = [8, 9, 10, 11].map(size => decoder.decode(rows.slice(0, size))!.amplification)
      for (const j of [1, 2, 3]) {
        const limit = rows[7 + j]! >= 8 ? 1.001 : 1.5
        expect(noise[j]! / noise[j - 1]!, `${rows}`).to.be.at.most(limit)
      }
    }
  })

  it('finds the rows that span however many dependent ones surround them', () => {
    const code = createCode({ type: 'lt', n: 60, k: 12, seed: 9 })
    const rows = Array.from({ length: 60 }, (_, i) => i).filter(
      row => code.unitPiece(row) === undefined,
    )
    const decoding = new Decoder(code).decode(rows)!
    expect(distanceFromPieces(code, decoding)).to.be.below(1e-9)
  })

  it('decides about 20 dense rows with any number of missing pieces with bounded work', () => {
    const code = createCode({ type: 'vandermonde', n: 40, k: 20 })
    let reads = 0
    const row = (index: number) => {
      reads++
      return code.row(index)
    }
    const decoder = new Decoder({ ...code, row })
    for (let size = 0; size <= 20; size++) {
      decoder.decode(Array.from({ length: size }, (_, i) => i))
    }
    expect(reads).to.be.below(100_000)
  })

  it('refuses what does not span or is too noisy, also when asked again', () => {
    const uncoded = new Decoder(createCode({ type: 'uncoded', k: 3 }))
    for (const rows of [[], [0, 1], [0, 1, 1], [0, 1]]) {
      expect(uncoded.decode(rows), `${rows}`).to.equal(undefined)
    }
    const code = createCode({ type: 'vandermonde', n: 10, k: 8 })
    const noisy = new Decoder(code, { maxAmplification: 30 })
    for (const rows of subsets(10, 8)) expect(noisy.decode(rows)).to.equal(undefined)
  })

  it('accepts a noisy survivor set once a recovery row makes it quiet', () => {
    const code = createCode({ type: 'mds', n: 20, k: 16 })
    const decoder = new Decoder(code, { maxAmplification: 30 })
    const lost = [4, 5, 6, 7]
    const rows = Array.from({ length: 20 }, (_, i) => i).filter(row => !lost.includes(row))
    expect(decoder.decode(rows)).to.equal(undefined)
    const decoding = decoder.decode([...rows, code.n + 5])!
    expect(decoding.amplification).to.be.below(30)
    expect(distanceFromPieces(code, decoding)).to.be.below(1e-9)
  })

  it('does not depend on the order in which results came or on duplicates', () => {
    const decoder = new Decoder(createCode({ type: 'mds', n: 6, k: 4 }))
    expect(decoder.decode([5, 0, 3, 1, 0])).to.equal(decoder.decode([0, 1, 3, 5]))
  })

  it('names a row that the code does not have', () => {
    const decoder = new Decoder(createCode({ type: 'mds', n: 6, k: 4 }))
    expect(() => decoder.decode([0, 10])).to.throw(CodingError, 'row 10 of a code with 6 rows')
  })
})
