import { createCode, Decoder } from '@cocoi/coding'
import { expect } from 'chai'
import { distanceFromPieces } from './survivor-sets.ts'

const range = (length: number) => Array.from({ length }, (_, i) => i)

/** Share of 400 seeded codes whose n rows all together determine the k pieces. */
function shareDecodable(n: number, k: number): number {
  const seeds = range(400).filter(seed => {
    const code = createCode({ type: 'lt', n, k, seed })
    return new Decoder(code).decode(range(n)) !== undefined
  })
  return seeds.length / 400
}

describe('LT code', () => {
  it('draws its degrees from the ideal soliton distribution', () => {
    const [k, rows] = [8, 256 * 80]
    const counts = new Map<number, number>()
    for (const seed of range(80)) {
      const code = createCode({ type: 'lt', n: 256, k, seed })
      for (const row of range(256)) {
        const degree = code.row(row).reduce((sum, value) => sum + value, 0)
        counts.set(degree, (counts.get(degree) ?? 0) + 1)
      }
    }
    for (const degree of range(k).map(i => i + 1)) {
      const probability = degree === 1 ? 1 / k : 1 / (degree * (degree - 1))
      const share = (counts.get(degree) ?? 0) / rows
      expect(share, `degree ${degree}`).to.be.closeTo(probability, 0.01)
    }
  })

  it('has the same rows for the same seed, others for another', () => {
    const rows = (seed: number) => {
      const code = createCode({ type: 'lt', n: 12, k: 6, seed })
      return range(12).map(row => [...code.row(row)])
    }
    expect(rows(3)).to.deep.equal(rows(3))
    expect(rows(3)).to.not.deep.equal(rows(4))
  })

  it('decodes the more often the more rows there are, rarely from exactly k', () => {
    const shares = [6, 8, 10, 14, 20].map(n => shareDecodable(n, 6))
    for (const [i, share] of shares.entries()) {
      if (i > 0) expect(share, `${shares}`).to.be.above(shares[i - 1]!)
    }
    expect(shares[0]).to.be.below(0.35)
    expect(shares.at(-1)).to.be.above(0.9)
  })

  it('is completed by recovery rows whatever came back', () => {
    for (const seed of range(50)) {
      const code = createCode({ type: 'lt', n: 6, k: 6, seed })
      const decoder = new Decoder(code)
      const rows = range(4)
      for (let piece = 0; !decoder.decode(rows); piece++) {
        expect(piece, `seed ${seed}`).to.be.below(code.k)
        rows.push(code.n + piece)
      }
      expect(distanceFromPieces(code, decoder.decode(rows)!)).to.be.below(1e-9)
    }
  })
})
