import { fleetOf, parseSchemeRequest, planModel } from '@cocoi/planner'
import { parseScenario, type SimulationOptions, simulate } from '@cocoi/simulator'
import { expect } from 'chai'
import { bareStage, idealFleet, single } from '../../planner/test/ideal-stage.ts'
import { shapedZoo } from '../../planner/test/shaped-zoo.ts'

const healthy = parseScenario('healthy')

/** Four devices, 80 ms of work on each; `bytes` to each. */
function simulated(bytes: number, options: Partial<SimulationOptions> = {}) {
  const work = { subtask: { flops: 80e6, bytes: 0 }, bytesOut: bytes, bytesIn: 0 }
  const plan = single(bareStage({ type: 'uncoded', k: 4 }, work))
  const fleet = idealFleet(4, { flopsPerS: 1e9 })
  return simulate({ plan, fleet, scenario: healthy, requests: 1, seed: 1, ...options })
}

/** The same, with this interface in the coordinator. */
function fleetWith(bytesPerS: number, duplex: 'full' | 'half') {
  const fleet = idealFleet(4, { flopsPerS: 1e9 })
  return { ...fleet, coordinator: { ...fleet.coordinator, nic: { bytesPerS, duplex } } }
}

describe('several simulated coordinators', () => {
  it('ask the same devices, which do one thing after the other', () => {
    const { latenciesMs } = simulated(0, { coordinators: 3, requests: 3 })
    expect(latenciesMs.map(Math.round)).to.deep.equal([80, 160, 240])
  })

  it('take the requests in turn', () => {
    const { latenciesMs, durationMs } = simulated(0, { coordinators: 2, requests: 10 })
    expect(latenciesMs).to.have.length(10)
    expect(durationMs).to.be.closeTo(10 * 80, 1e-3)
  })

  it('have an interface each, but one air', () => {
    const seconds = (duplex: 'full' | 'half') => {
      const options = { fleet: fleetWith(1e6, duplex), coordinators: 2, requests: 2 }
      return simulated(10e3, options).durationMs / 1000
    }
    // 40 kB at 1 MB/s, and both coordinators' work; in one air they travel together.
    expect(seconds('full')).to.be.closeTo(0.04 + 2 * 0.08, 1e-6)
    expect(seconds('half')).to.be.closeTo(0.08 + 2 * 0.08, 1e-6)
  })

  it('share what the switch forwards', () => {
    const options = { fleet: fleetWith(1e6, 'full'), coordinators: 2, requests: 2 }
    const tight = simulated(10e3, { ...options, switchBytesPerS: 0.5e6 })
    expect(tight.durationMs).to.be.closeTo(160 + 2 * 80, 1e-3)
    const ample = simulated(10e3, { ...options, switchBytesPerS: 2e6 })
    expect(ample.durationMs).to.be.closeTo(40 + 2 * 80, 1e-3)
  })

  it('lose no request when devices fail', () => {
    const fleet = fleetOf('pi4-slow', 10)
    const options = { axis: 'rows', transport: 'float16', minIntensity: 32, devices: 10 } as const
    const scheme = parseSchemeRequest('mds:10,8')
    const { load: plan } = planModel(shapedZoo('resnet18'), { scheme, fleet, ...options })
    const scenario = parseScenario('stragglers:0.5+failures:1')
    const { failed, latenciesMs } = simulate({
      ...{ plan, fleet, scenario },
      ...{ requests: 12, seed: 3, coordinators: 4 },
    })
    expect({ failed, answered: latenciesMs.length }).to.deep.equal({ failed: 0, answered: 12 })
  })
})
