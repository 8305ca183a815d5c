import { seededTensor, ZooError } from '@cocoi/zoo'
import { expect } from 'chai'
import { floats, rootMeanSquare } from './zoo-session.ts'

const unit = { mean: 0, deviation: 1 }

function values(name: string, seed: number, count = 100_000, distribution = unit): Float32Array {
  return floats(seededTensor(name, [count], seed, distribution).rawData)
}

const mean = (list: Float32Array) => list.reduce((sum, value) => sum + value, 0) / list.length

describe('seededTensor', () => {
  it('has the mean and deviation asked for, and no outliers', () => {
    const list = values('w', 1, 100_000, { mean: 3, deviation: 0.5 })
    expect(mean(list)).to.be.closeTo(3, 0.01)
    expect(rootMeanSquare(list.map(value => value - 3))).to.be.closeTo(0.5, 0.005)
    expect(Math.max(...list.map(value => Math.abs(value - 3)))).to.be.below(0.5 * 3.46)
  })

  it('is close to normal: two thirds within one deviation, 95 % within two', () => {
    const within = (limit: number) =>
      values('w', 1).filter(value => Math.abs(value) < limit).length / 100_000
    expect(within(1)).to.be.closeTo(0.68, 0.02)
    expect(within(2)).to.be.closeTo(0.955, 0.01)
  })

  it('draws unrelated values for other names, other seeds and the next place', () => {
    const one = values('w', 1)
    const shifted = Float32Array.of(...one.subarray(1), 0)
    for (const other of [values('v', 1), values('w', 2), values('w', 1 + 2 ** 32), shifted]) {
      expect(Math.abs(mean(one.map((value, i) => value * other[i]!)))).to.be.below(0.02)
    }
  })

  it('gives the same values on every machine', () => {
    const bits = new Int32Array(values('w', 1, 4).buffer)
    expect([...bits]).to.deep.equal([1072799608, 1075115295, 1063673169, 1070415845])
  })

  it('refuses a seed that is no whole number', () => {
    for (const seed of [-1, 0.5, Number.NaN, 2 ** 53]) {
      expect(() => values('w', seed, 1))
        .to.throw(ZooError, `the seed is ${seed}`)
        .with.property('code', 'ERR_ZOO_SEED')
    }
  })
})
