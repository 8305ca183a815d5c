import { Restlessness } from '@cocoi/device-agent'
import { expect } from 'chai'

const second = 1000

/** Whether each of these losses is told. */
function told(...times: number[]): boolean[] {
  const restlessness = new Restlessness()
  return times.map(time => restlessness.lost(time))
}

describe('restless connection', () => {
  it('is one that is lost four times within a minute', () => {
    expect(told(0, 5 * second, 30 * second, 60 * second)).to.deep.equal([false, false, false, true])
  })

  it('is not one that outages of the broker interrupt now and then', () => {
    const times = Array.from({ length: 12 }, (_, i) => i * 21 * second)
    expect(told(...times)).not.to.include(true)
  })

  it('is told once in ten minutes', () => {
    const times = Array.from({ length: 700 }, (_, i) => i * second)
    expect(told(...times).filter(Boolean)).to.have.lengthOf(2)
  })
})
