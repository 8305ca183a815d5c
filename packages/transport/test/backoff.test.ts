import { Backoff } from '@cocoi/transport'
import { expect } from 'chai'

describe('Backoff', () => {
  const options = { minMs: 100, maxMs: 1000 }

  it('doubles the longest wait up to the limit', () => {
    const backoff = new Backoff(options, () => 1)
    expect(Array.from({ length: 6 }, () => backoff.next())).to.deep.equal([
      ...[100, 200, 400, 800, 1000, 1000],
    ])
  })

  it('spreads the waits down to nothing', () => {
    const backoff = new Backoff(options, () => 0)
    expect(backoff.next()).to.equal(0)
  })

  it('starts over after a connection that held, not after one that was cut at once', () => {
    const backoff = new Backoff(options, () => 1)
    for (let attempt = 0; attempt < 3; attempt += 1) backoff.next()
    backoff.succeeded(10)
    expect(backoff.next()).to.equal(800)
    backoff.succeeded(1000)
    expect(backoff.next()).to.equal(100)
  })
})
