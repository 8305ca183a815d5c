import { Experience } from '@cocoi/coordinator'
import { type Fleet, fleetOf } from '@cocoi/planner'
import { expect } from 'chai'

const minute = 60_000

describe('Experience', () => {
  const fleet = fleetOf('pi4-gbe', 4)
  /** The first devices of four are so much slower than usual. */
  const slowed = (...factors: number[]): Fleet => {
    const devices = fleet.devices.map((device, i) => {
      return { ...device, flopsPerS: device.flopsPerS / (factors[i] ?? 1) }
    })
    return { ...fleet, devices }
  }

  it('is asked again about what is slower than ever, not about what comes back', () => {
    const experience = new Experience(fleet, 0)
    expect(experience.isNews(fleet, 1)).to.equal(false)
    expect(experience.isNews(slowed(2), 2)).to.equal(true)
    experience.confirm(slowed(2), 3)
    expect(experience.isNews(fleet, 4), 'as at first').to.equal(false)
    expect(experience.isNews(slowed(1.5), 5), 'between both').to.equal(false)
    expect(experience.isNews(slowed(3), 6)).to.equal(true)
  })

  it('is asked once a minute about what only looks familiar', () => {
    const experience = new Experience(fleet, 0)
    experience.confirm(slowed(2, 1), 0)
    experience.confirm(slowed(1, 2), 0)
    expect(experience.isNews(slowed(2, 2), minute - 1)).to.equal(false)
    expect(experience.isNews(slowed(2, 2), minute)).to.equal(true)
    experience.confirm(slowed(2, 2), minute)
    expect(experience.isNews(slowed(1, 1), minute + 1)).to.equal(false)
    expect(experience.isNews(slowed(2, 2), 3 * minute), 'nothing has changed').to.equal(false)
  })
})
