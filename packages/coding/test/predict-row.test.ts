import { createCode, Decoder, predictRow, type Scheme } from '@cocoi/coding'
import { expect } from 'chai'
import { randomSubset, seeded } from './survivor-sets.ts'

const schemes: readonly Scheme[] = [
  { type: 'uncoded', k: 3 },
  { type: 'replication', k: 3, r: 2 },
  { type: 'mds', n: 6, k: 4 },
  { type: 'vandermonde', n: 6, k: 4 },
  { type: 'lt', n: 9, k: 4, seed: 2 },
]

describe('predicting a row from the survivors', () => {
  for (const scheme of schemes) {
    it(`gives what the row of ${scheme.type} computes, whoever survives`, () => {
      const code = createCode(scheme)
      const decoder = new Decoder(code)
      const random = seeded(3)
      const pieces = Array.from({ length: code.k }, () => random() - 0.5)
      const result = (row: number) =>
        code.row(row).reduce((sum, entry, piece) => sum + entry * pieces[piece]!, 0)
      for (let round = 0; round < 50; round++) {
        const decoding = decoder.decode(
          randomSubset(random, code.n, Math.min(code.n, code.k + (round % 3))),
        )
        if (!decoding) continue
        for (let row = 0; row < code.n + code.k; row++) {
          const weights = predictRow(code, decoding, row)
          const predicted = decoding.used.reduce(
            (sum, used, j) => sum + weights[j]! * result(used),
            0,
          )
          expect(predicted).to.be.closeTo(result(row), 1e-4 * Math.max(1, Math.abs(result(row))))
        }
      }
    })
  }
})
