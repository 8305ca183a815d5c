import { type DeviceProfile, type Fleet, FleetRange, fleetOf } from '@cocoi/planner'
import { expect } from 'chai'

describe('FleetRange', () => {
  const fleet = fleetOf('pi4-gbe', 4)
  const [first, ...others] = fleet.devices
  const with0 = (change: Partial<DeviceProfile>): Fleet => {
    return { ...fleet, devices: [{ ...first!, ...change }, ...others] }
  }
  const covers = (other: Fleet) => new FleetRange(fleet).covers(other)

  it('covers the same devices, none of them slower or faster by more than a tenth', () => {
    expect(covers(fleet)).to.equal(true)
    expect(covers(with0({ flopsPerS: 19e9 }))).to.equal(true)
    expect(covers(with0({ flopsPerS: 17e9 }))).to.equal(false)
    expect(covers(with0({ flopsPerS: 23e9 }))).to.equal(false)
    expect(covers(with0({ straggling: 0.5 }))).to.equal(false)
    expect(covers(with0({ failuresPerS: 0.001 }))).to.equal(true)
    expect(covers(with0({ failuresPerS: 0.02 }))).to.equal(false)
    expect(covers(with0({ link: { ...first!.link, delayMs: 5 } }))).to.equal(false)
  })

  it('covers no other devices', () => {
    expect(covers(fleetOf('pi4-gbe', 5))).to.equal(false)
    expect(covers(fleetOf('pi4-gbe', 3))).to.equal(false)
    expect(covers(with0({ name: 'another' }))).to.equal(false)
  })

  it('covers what lies between those it was widened by', () => {
    const range = new FleetRange(fleet)
    range.widen(with0({ flopsPerS: 5e9 }))
    expect(range.covers(fleet), 'as before').to.equal(true)
    expect(range.covers(with0({ flopsPerS: 9e9 }))).to.equal(true)
    expect(range.covers(with0({ flopsPerS: 4e9 }))).to.equal(false)
    expect(range.covers(with0({ flopsPerS: 23e9 }))).to.equal(false)
  })

  it('forgets who has left', () => {
    const range = new FleetRange(fleet)
    range.widen(with0({ name: 'another' }))
    expect(range.covers(with0({ name: 'another' }))).to.equal(true)
    expect(range.covers(fleet)).to.equal(false)
  })
})
