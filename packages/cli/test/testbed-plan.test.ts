import { dilationFor, hardwareOf, schemesOf, sweptPieces } from '@cocoi/cli'
import { boards, fleetOf } from '@cocoi/planner'
import { expect } from 'chai'

describe('the hardware of an emulated Pi', () => {
  it('is what the profile says', () => {
    const pi3 = hardwareOf({ ...boards.pi3, name: 'pi1' })
    expect(pi3).to.include({ flopsPerS: 8e9, runtimeFlopsPerS: undefined, linkBytesPerS: 11.7e6 })
    expect(pi3.jsCores).to.equal(0.1)
  })

  it('is a Pi 4 where only the runtime is slow, so that JavaScript is not starved', () => {
    const [slow] = fleetOf('pi4-slow', 1).devices
    const pi4 = hardwareOf({ ...boards.pi4, name: 'pi1' })
    expect(hardwareOf(slow!)).to.deep.equal({ ...pi4, runtimeFlopsPerS: 1e9 })
  })

  it('is dilated until the whole fleet fits on the cores that are here', () => {
    expect(dilationFor(fleetOf('pi4-gbe', 10), 2, 100e9)).to.equal(2)
    expect(dilationFor(fleetOf('pi4-gbe', 10), 16, 100e9)).to.equal(1)
    expect(dilationFor(fleetOf('pi4-slow', 10), 2, 100e9)).to.equal(1)
  })

  it('is dilated until the fastest device is no faster than a core', () => {
    expect(dilationFor(fleetOf('mixed', 3), 64, 50e9)).to.equal(2)
  })
})

describe('the schemes of a testbed', () => {
  it('are read with the numbers that belong to them', () => {
    const schemes = schemesOf({ devices: 10, schemes: 'local,mds:10,7, lt,replication,mds:10,7' })
    expect(schemes).to.deep.equal(['local', 'mds:10,7', 'lt', 'replication:2'])
  })

  it('are joined by the code with every k for a sweep', () => {
    const schemes = schemesOf({ devices: 10, schemes: 'uncoded,mds:10,7', sweepK: 'k.svg' })
    expect(schemes).to.have.members([
      ...['uncoded', 'mds:10,5', 'mds:10,6', 'mds:10,7', 'mds:10,8', 'mds:10,9', 'mds:10,10'],
    ])
    expect(sweptPieces(5)).to.deep.equal([3, 4, 5])
  })
})
