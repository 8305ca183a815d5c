import { Tardiness } from '@cocoi/device-agent'
import { expect } from 'chai'

/** The order in which answers leave whose computing took so many milliseconds. */
function order(straggle: number, seed: number, computeMs: readonly number[]): Promise<number[]> {
  const tardiness = new Tardiness({ straggle, delayMs: 0, seed })
  const left: number[] = []
  return new Promise(resolve => {
    for (const [i, ms] of computeMs.entries()) {
      tardiness.hold(String(i), ms, () => left.push(i) === computeMs.length && resolve(left))
    }
  })
}

describe('a late answer', () => {
  it('leaves at once where nobody is to be late', () => {
    const tardiness = new Tardiness({ straggle: 0, delayMs: 0, seed: 1 })
    let left = 0
    tardiness.hold('a', 1000, () => left++)
    expect(left).to.equal(1)
  })

  it('is as late as the seed says', async () => {
    const same = [40, 40, 40, 40, 40, 40]
    const first = await order(1, 7, same)
    expect(await order(1, 7, same)).to.deep.equal(first)
    expect(first).to.not.deep.equal([0, 1, 2, 3, 4, 5])
  })

  it('is the later the longer it took to compute', async () => {
    const [last] = (await order(1, 7, [2000, 1, 1, 1])).slice(-1)
    expect(last).to.equal(0)
  })

  it('does not leave any more once it is cancelled', () => {
    const tardiness = new Tardiness({ straggle: 0, delayMs: 60_000, seed: 1 })
    const left: string[] = []
    for (const key of ['a', 'b']) tardiness.hold(key, 0, () => left.push(key))
    tardiness.cancel('a')
    tardiness.flush()
    expect(left).to.deep.equal(['b'])
  })
})
