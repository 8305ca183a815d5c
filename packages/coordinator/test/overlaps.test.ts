import { Overlaps } from '@cocoi/coordinator'
import { expect } from 'chai'

describe('requests that overlap', () => {
  it('are alone until another begins, and not again when that has ended', () => {
    const overlaps = new Overlaps()
    const first = overlaps.begin()
    expect(first.isAlone).to.equal(true)
    const second = overlaps.begin()
    second.end()
    expect([first.isAlone, second.isAlone]).to.deep.equal([false, false])
    first.end()
    expect(overlaps.begin().isAlone).to.equal(true)
  })
})
