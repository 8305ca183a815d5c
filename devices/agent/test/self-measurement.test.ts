import { Pace, SelfMeasurement } from '@cocoi/device-agent'
import { createEngine, type Engine } from '@cocoi/engine'
import { expect } from 'chai'

describe('the profile of a device', () => {
  let engine: Engine

  before(() => {
    engine = createEngine({ threads: 1 })
  })
  after(() => engine.close())

  it('is slower for a device that imitates a slower one, before any subtask', async () => {
    const speeds: number[] = []
    for (const stretch of [1, 20]) {
      const measurement = new SelfMeasurement()
      await measurement.start(engine, new Pace(stretch, 1))
      expect(measurement.profile.samples).to.equal(0)
      speeds.push(measurement.profile.flopsPerS)
    }
    expect(speeds[0]! / speeds[1]!).to.be.above(4)
  })

  it('is that of its subtasks as soon as there are some', async () => {
    const measurement = new SelfMeasurement()
    await measurement.start(engine, new Pace(1, 1))
    for (let i = 0; i < 20; i++) measurement.note({ flops: 1e9, bytes: 0 }, 1000)
    const { flopsPerS, samples, straggling } = measurement.profile
    expect(flopsPerS).to.be.closeTo(1e9, 1e6)
    expect(samples).to.equal(16)
    expect(straggling).to.be.below(0.01)
  })
})
