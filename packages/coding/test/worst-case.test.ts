import { createCode, Decoder, worstAmplification } from '@cocoi/coding'
import { expect } from 'chai'
import { subsets } from './survivor-sets.ts'

describe('worstAmplification', () => {
  it('is the largest amplification of all survivor sets while these can be counted', () => {
    for (const [n, k] of [
      [1, 1],
      [4, 1],
      [5, 4],
      [8, 6],
      [10, 7],
    ] as const) {
      const code = createCode({ type: 'mds', n, k })
      const decoder = new Decoder(code)
      const all = subsets(n, k).map(rows => decoder.decode(rows)!.amplification)
      const worst = worstAmplification(code)
      expect(worst).to.deep.equal({
        amplification: Math.max(...all),
        spanning: 1,
        exhaustive: true,
      })
    }
  })

  it('stays within the published bounds of the systematic harmonic code', () => {
    const amplification = (n: number, k: number) =>
      worstAmplification(createCode({ type: 'mds', n, k })).amplification
    for (let n = 2; n <= 30; n++)
      expect(amplification(n, n - 1), `(${n},${n - 1})`).to.be.below(1.75)
    for (let n = 3; n <= 20; n++)
      expect(amplification(n, n - 2), `(${n},${n - 2})`).to.be.below(9.15)
    expect(amplification(10, 7)).to.be.closeTo(10.6, 0.1)
    expect(amplification(12, 9)).to.be.closeTo(15, 0.1)
    expect(amplification(16, 13)).to.be.closeTo(27.5, 0.1)
  })

  it('finds the worst case of a code with too many survivor sets among runs of losses', () => {
    for (const [k, amplification] of [
      [16, 146.47],
      [15, 383.84],
      [14, 790.76],
    ] as const) {
      const code = createCode({ type: 'mds', n: 20, k })
      const worst = worstAmplification(code, { maxSets: 50 })
      expect(worst.exhaustive).to.equal(false)
      expect(worst.amplification, `(20,${k})`).to.be.closeTo(amplification, 0.01)
    }
  })

  it('is the same for the same seed', () => {
    const code = createCode({ type: 'lt', n: 20, k: 10, seed: 1 })
    const options = { maxSets: 300, seed: 7 }
    expect(worstAmplification(code, options)).to.deep.equal(worstAmplification(code, options))
  })

  it('tells which share of the survivor sets spans where not every one does', () => {
    const replicated = worstAmplification(createCode({ type: 'replication', k: 2, r: 2 }))
    expect(replicated).to.deep.equal({ amplification: 1, spanning: 4 / 6, exhaustive: true })
  })
})
