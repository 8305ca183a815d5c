import { Draws, fleetOf, predictPlan } from '@cocoi/planner'
import { parseScenario, simulate } from '@cocoi/simulator'
import { expect } from 'chai'
import { bareStage, idealFleet, single } from '../../planner/test/ideal-stage.ts'

const subtask = { flops: 80e6, bytes: 0 }
const healthy = parseScenario('healthy')

function onceMs(fleet: ReturnType<typeof idealFleet>, bytes: { out: number; in: number }): number {
  const { length } = fleet.devices
  const stage = bareStage(
    { type: 'uncoded', k: length },
    {
      subtask,
      ...{ bytesOut: bytes.out, bytesIn: bytes.in },
    },
  )
  const options = { fleet, scenario: healthy, requests: 1, seed: 1 }
  return simulate({ plan: single(stage), ...options }).latency.meanMs
}

describe('the simulated network', () => {
  const fleet = idealFleet(4, { flopsPerS: 1e9 })

  it('shares the interface of the coordinator among all transfers', () => {
    const nic = { bytesPerS: 1e6, duplex: 'full' } as const
    const shared = { ...fleet, coordinator: { ...fleet.coordinator, nic } }
    expect(onceMs(shared, { out: 10e3, in: 5e3 })).to.be.closeTo(40 + 80 + 20, 1e-3)
  })

  it('gives what narrow links leave to the others', () => {
    const nic = { bytesPerS: 1e6, duplex: 'full' } as const
    const link = { bytesPerS: 0.1e6, latencyMs: 0, straggling: 0, delayMs: 0 }
    const devices = fleet.devices.map((device, i) => (i === 0 ? { ...device, link } : device))
    const mixed = { ...fleet, devices, coordinator: { ...fleet.coordinator, nic } }
    // The first takes 100 ms at 0.1 MB/s, the others a third of 0.9 MB/s each: 33 ms.
    expect(onceMs(mixed, { out: 10e3, in: 0 })).to.be.closeTo(100 + 80, 1e-3)
    const fast = {
      ...mixed,
      devices: devices.map((d, i) => (i === 0 ? { ...d, flopsPerS: 1e12 } : d)),
    }
    expect(onceMs(fast, { out: 10e3, in: 0 })).to.be.closeTo((3 * 10e3) / 900 + 80, 1e-3)
  })

  it('makes both directions share a medium that is half duplex', () => {
    const stage = bareStage({ type: 'uncoded', k: 2 }, { subtask, bytesOut: 10e3, bytesIn: 10e3 })
    const [full, half] = (['full', 'half'] as const).map(duplex => {
      const two = idealFleet(2, { flopsPerS: 1e9 })
      const hop = { bytesPerS: Infinity, perMessageMs: 100 }
      const coordinator = { ...two.coordinator, hop, nic: { bytesPerS: 0.1e6, duplex } }
      const options = { fleet: { ...two, coordinator }, scenario: healthy, requests: 1, seed: 1 }
      return simulate({ plan: single(stage), ...options }).latency.meanMs
    })
    // Rows leave the hop at 100 and 200 ms, each takes 100 ms alone; the first result meets nobody
    // or, sharing, the second row.
    expect(full).to.be.closeTo(580, 1e-3)
    expect(half).to.be.above(580)
  })
})

describe('simulation and prediction', () => {
  const draws = new Draws(1)
  const straggling = { flopsPerS: 1e9, straggling: 0.75 }
  for (const scheme of [
    { type: 'uncoded', k: 10 },
    { type: 'replication', k: 5, r: 2 },
    { type: 'mds', n: 10, k: 8 },
    { type: 'mds', n: 10, k: 5 },
    { type: 'lt', n: 10, k: 6, seed: 3 },
  ] as const) {
    it(`agree on the order statistics of a stage: ${scheme.type} of ${scheme.k} pieces`, () => {
      const fleet = idealFleet(10, straggling)
      const plan = single(bareStage(scheme, { subtask }))
      const predicted = predictPlan(plan, fleet, { draws, samples: 6000 }).total.meanMs
      const options = { fleet, scenario: healthy, requests: 3000, seed: 1, everyMs: 1e4 }
      const { latency } = simulate({ plan, ...options })
      expect(latency.meanMs / predicted).to.be.closeTo(1, 0.015)
    })
  }

  it('have the profiles of a fleet in common', () => {
    const plan = single(
      bareStage({ type: 'mds', n: 6, k: 4 }, { subtask, bytesOut: 1e6, bytesIn: 1e6 }),
    )
    for (const name of ['pi4-gbe', 'pi4-slow', 'mixed'] as const) {
      const fleet = fleetOf(name, 6)
      const predicted = predictPlan(plan, fleet, { draws, samples: 500 }).total
      const { latency } = simulate({
        plan,
        fleet,
        scenario: healthy,
        requests: 300,
        seed: 1,
        everyMs: 1e4,
      })
      expect(latency.p50Ms / predicted.p50Ms, name).to.be.closeTo(1, 0.05)
    }
  })
})
