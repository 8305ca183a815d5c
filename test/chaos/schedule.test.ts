import { expect } from 'chai'
import { makeSchedule } from './schedule.ts'

const size = { requests: 1000, requestsPerFault: 20, devices: 6, samples: 12, deadlineMs: 20_000 }

describe('a chaos schedule', () => {
  it('is the same for the same seed and another one for another', () => {
    const schedule = makeSchedule({ seed: 7, ...size })
    expect(makeSchedule({ seed: 7, ...size })).to.deep.equal(schedule)
    const other = makeSchedule({ seed: 8, ...size })
    expect(other.faults).to.not.deep.equal(schedule.faults)
    expect(other.requests).to.not.deep.equal(schedule.requests)
  })

  it('has every kind of fault, about as many as asked for, and ends before the requests do', () => {
    const { faults } = makeSchedule({ seed: 7, ...size })
    expect(new Set(faults.map(({ kind }) => kind)).size).to.equal(12)
    expect(faults.length).to.be.within(30, 75)
    const places = faults.map(({ atRequest }) => atRequest)
    expect(places).to.deep.equal(places.toSorted((a, b) => a - b))
    expect(places.at(-1)).to.be.below(900)
  })
})
