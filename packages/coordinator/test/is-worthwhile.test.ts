import { isWorthwhile } from '@cocoi/coordinator'
import { type Fleet, fleetOf, type Hindsight, parseSchemeRequest, planModel } from '@cocoi/planner'
import { expect } from 'chai'
import { shapedZoo } from '../../planner/test/shaped-zoo.ts'

const model = shapedZoo('resnet18')
const devices = 10
const usual = fleetOf('pi4-slow', devices)
/** Nobody straggles, so that spare rows gain nothing. */
const calm: Fleet = {
  ...usual,
  devices: usual.devices.map(device => ({ ...device, straggling: 0 })),
}

describe('whether to change a plan', () => {
  const planned = (scheme: string) => {
    const rest = { axis: 'rows', transport: 'float16', minIntensity: 32 } as const
    const wish = { scheme: parseSchemeRequest(scheme), devices, fleet: calm, ...rest }
    const { kind, load } = planModel(model, wish)
    return { kind, load, fleet: calm }
  }
  const isBetter = (fresh: string, old: string, hindsight: Hindsight = {}) =>
    isWorthwhile(planned(old), planned(fresh), { goal: { type: 'latency' }, hindsight })

  it('is so for what is clearly sooner', () => {
    expect(isBetter('mds:6,6', 'mds:3,3')).to.equal(true)
    expect(isBetter('mds:3,3', 'mds:6,6')).to.equal(false)
    expect(isBetter('mds:6,6', 'mds:6,6')).to.equal(false)
  })

  it('is judged by what such plans have really taken', () => {
    expect(isBetter('local', 'mds:6,6')).to.equal(false)
    expect(isBetter('local', 'mds:6,6', { stages: 10 })).to.equal(true)
    expect(isBetter('mds:6,6', 'local', { stages: 10 })).to.equal(false)
    expect(isBetter('mds:6,6', 'local', { stages: 10, local: 10 })).to.equal(true)
  })

  it('is so for fewer rows that are no later, not for more that are hardly sooner', () => {
    expect(isBetter('mds:7,7', 'mds:8,7')).to.equal(true)
    expect(isBetter('mds:8,7', 'mds:7,7')).to.equal(false)
  })
})
