import type { createCode } from '@cocoi/coding'
import {
  Draws,
  type Fleet,
  fleetOf,
  type LoadOptions,
  type ModelPlan,
  parseSchemeRequest,
  planModel,
  sweepPieces,
} from '@cocoi/planner'
import { parseScenario, profiledUnder, type SimulationOptions, simulate } from '@cocoi/simulator'
import { expect } from 'chai'
import { bareStage, idealFleet, single } from '../../planner/test/ideal-stage.ts'
import { shapedZoo } from '../../planner/test/shaped-zoo.ts'

const vgg16 = shapedZoo('vgg16')
const resnet18 = shapedZoo('resnet18')

function planned(model: typeof vgg16, scheme: string, fleet: Fleet): ModelPlan {
  const options = { axis: 'rows', transport: 'float16', minIntensity: 32 } as const
  const devices = fleet.devices.length
  return planModel(model, { scheme: parseSchemeRequest(scheme), devices, fleet, ...options })
}

function run(
  plan: ModelPlan,
  fleet: Fleet,
  scenario: string,
  options: Partial<SimulationOptions> = {},
) {
  const settings = { scenario: parseScenario(scenario), requests: 20, seed: 1, ...options }
  return simulate({ plan: plan.load, fleet, ...settings })
}

describe('a simulated fleet', () => {
  const fleet = fleetOf('pi4-slow', 10)

  for (const scenario of [
    'healthy',
    'stragglers:1',
    'delays:50',
    'slow:5',
    'failures:2',
    'failures:1:hang',
  ]) {
    it(`takes what was predicted: ${scenario}`, () => {
      const healthy = planned(resnet18, 'uncoded', fleet).load
      const profiled = profiledUnder(fleet, parseScenario(scenario), healthy)
      for (const scheme of ['local', 'uncoded', 'replication:2', 'mds', 'auto']) {
        const plan = planned(resnet18, scheme, profiled)
        const { latenciesMs, failed } = run(plan, fleet, scenario, { requests: 24 })
        expect(failed, scheme).to.equal(0)
        const known = latenciesMs.slice(4) // the first ones are not hedged: nothing is known yet
        const meanMs = known.reduce((sum, ms) => sum + ms, 0) / known.length
        const ratio = meanMs / plan.predict().total.meanMs
        expect(ratio, scheme).to.be.closeTo(1, scenario.startsWith('failures') ? 0.2 : 0.05)
      }
    })
  }

  it('answers the same way for the same seed, and another for another', () => {
    const plan = planned(resnet18, 'mds', fleet)
    const options = ['stragglers:1+failures:1', { requests: 3 }] as const
    const [first, second] = [1, 2].map(() => run(plan, fleet, ...options))
    expect(second).to.deep.equal(first)
    const other = run(plan, fleet, options[0], { ...options[1], seed: 2 })
    expect(other.latenciesMs).to.not.deep.equal(first!.latenciesMs)
  })

  it('has its phases add up to the latency', () => {
    const plan = planned(resnet18, 'mds', fleet)
    const { stages, latency } = run(plan, fleet, 'healthy')
    expect(stages).to.have.length(plan.stages.length)
    const sum = stages.reduce(
      (ms, { headMs, waitMs, decodeMs }) => ms + headMs + waitMs + decodeMs,
      0,
    )
    expect(sum / latency.meanMs).to.be.within(0.97, 1)
  })

  it('counts a slow device as late, and the others hardly', () => {
    const { late } = run(planned(vgg16, 'mds:10,9', fleet), fleet, 'slow:5', { requests: 3 })
    const others = Object.entries(late).filter(([name]) => name !== 'pi-00')
    expect(late['pi-00']).to.be.at.least(3 * 12)
    expect(Math.max(0, ...others.map(([, count]) => count))).to.be.below(10)
  })
})

describe('devices that fail', () => {
  const fleet = fleetOf('pi4-slow', 10)
  const [uncoded, mds] = ['uncoded', 'mds:10,8'].map(scheme => planned(resnet18, scheme, fleet))

  it('cost an uncoded plan the work they took with them, a coded one little', () => {
    const slowdown = (plan: ModelPlan, kind: string) =>
      run(plan, fleet, kind).latency.meanMs / run(plan, fleet, 'healthy').latency.meanMs
    expect(slowdown(mds!, 'failures:2')).to.be.below(1.1)
    expect(slowdown(uncoded!, 'failures:2')).to.be.above(1.02)
    expect(slowdown(mds!, 'failures:2:hang')).to.be.below(1.1)
    expect(slowdown(uncoded!, 'failures:2:hang')).to.be.above(1.5)
  })

  it('are back for the next inference', () => {
    const { latenciesMs, failed } = run(mds!, fleet, 'failures:2', { requests: 40 })
    expect(failed).to.equal(0)
    const half = (from: number) => latenciesMs.slice(from, from + 20).reduce((a, b) => a + b, 0)
    expect(half(20) / half(0)).to.be.closeTo(1, 0.03)
  })

  it('leave the work to the coordinator when nobody is left', () => {
    const few = fleetOf('pi4-slow', 2)
    const { failed, latenciesMs } = run(planned(resnet18, 'mds', few), few, 'failures:2', {
      requests: 5,
    })
    expect(failed).to.equal(0)
    expect(latenciesMs).to.have.length(5)
  })
})

describe('more requests than a fleet can serve', () => {
  it('wait, and are refused when too many wait', () => {
    const fleet = fleetOf('pi4-slow', 10)
    const plan = planned(resnet18, 'mds', fleet)
    const alone = run(plan, fleet, 'healthy').latency.p50Ms
    const calm = run(plan, fleet, 'healthy', { everyMs: 3 * alone })
    expect(calm.latency.p50Ms / alone).to.be.closeTo(1, 0.02)
    const limits = { maxWaiting: 3, maxRunning: 2 }
    const busy = run(plan, fleet, 'healthy', { everyMs: alone / 8, limits, requests: 40 })
    expect(busy.failed).to.be.above(5)
    expect(busy.failed + busy.latenciesMs.length).to.equal(40)
    expect(busy.latency.p50Ms).to.be.above(2 * alone)
  })

  it('fail at their deadline', () => {
    const fleet = fleetOf('pi4-slow', 4)
    const plan = planned(resnet18, 'uncoded', fleet)
    const { failed } = run(plan, fleet, 'healthy', { requests: 2, limits: { deadlineMs: 100 } })
    expect(failed).to.equal(2)
  })
})

describe('the number of pieces that the planner chooses', () => {
  const fleet = fleetOf('pi4-slow', 10)
  const layouts = planned(vgg16, 'uncoded', fleet).stages.map(({ layout }) => layout)
  for (const straggling of [0.3, 1, 3]) {
    it(`is within 5 % of the best found by simulating them all: straggling ${straggling}`, () => {
      const scenario = parseScenario(`stragglers:${straggling}`)
      const profiled = profiledUnder(fleet, scenario, planned(vgg16, 'uncoded', fleet).load)
      for (const layout of [layouts[1]!, layouts[7]!, layouts[10]!]) {
        const [stage] = planned(vgg16, 'mds', profiled).stages.filter(
          s => s.layout.id === layout.id,
        )
        const { split, code } = stage!
        const load: LoadOptions = { layout: stage!.layout, split, code, transport: 'float16' }
        const swept = sweepPieces(load, profiled, { draws: new Draws(1), samples: 128 })
        const simulated = swept.map(({ k }) => {
          const one = planned(vgg16, `mds:10,${k}`, profiled)
          const at = one.load.stages.find(({ id }) => id === layout.id)!
          const plan = single({ ...at, head: { flops: 0, bytes: 0 } })
          const options = { scenario, requests: 300, seed: 5, everyMs: 1e6 }
          return { k, ms: simulate({ plan, fleet, ...options }).latency.meanMs }
        })
        const best = Math.min(...simulated.map(({ ms }) => ms))
        const chosen = swept.reduce((a, b) => (b.meanMs < a.meanMs ? b : a)).k
        const ms = simulated.find(({ k }) => k === chosen)!.ms
        expect(ms / best, `k* = ${chosen} in stage ${layout.id}`).to.be.below(1.05)
      }
    })
  }
})

describe('an uneven fleet', () => {
  const alike = fleetOf('pi4-slow', 9)
  const speeds = [4e9, 1e9, 0.4e9]
  const devices = alike.devices.map((pi, i) => ({ ...pi, flopsPerS: speeds[i % 3]! }))
  const fleet = { ...alike, devices }

  it('is faster when fast devices have more rows than under any equal split', () => {
    const auto = run(planned(vgg16, 'auto', fleet), fleet, 'healthy', { requests: 5 })
    for (const scheme of ['uncoded', 'mds:9,8', 'mds:9,7', 'mds:9,6', 'mds:9,5', 'mds:9,4']) {
      const equal = run(planned(vgg16, scheme, fleet), fleet, 'healthy', { requests: 5 })
      expect(auto.latency.p50Ms / equal.latency.p50Ms, scheme).to.be.below(0.8)
    }
  })
})

describe('large fleets', () => {
  for (const count of [100, 1000]) {
    it(`of ${count} devices are simulated`, () => {
      const fleet = fleetOf('pi4-slow', count)
      const schemes = ['uncoded', 'replication:2', 'auto']
      const p50 = schemes.map(scheme => {
        const plan = planned(resnet18, scheme, fleet)
        const { latency, failed } = run(plan, fleet, 'stragglers:0.5+failures:2', { requests: 2 })
        expect(failed, scheme).to.equal(0)
        return latency.p50Ms
      })
      expect(p50[2], 'auto').to.be.at.most(1.05 * Math.min(...p50))
    }).timeout(120_000)
  }
})

describe('a stage of an ideal fleet', () => {
  it('ends with the slowest of the rows it needs', () => {
    const fleet = idealFleet(5, { flopsPerS: 1e9 })
    const devices = fleet.devices.map((device, i) => ({ ...device, flopsPerS: 1e9 / (i + 1) }))
    const work = { flops: 10e6, bytes: 0 }
    const ms = (scheme: Parameters<typeof createCode>[0]) => {
      const plan = single(bareStage(scheme, { subtask: work }))
      const scenario = parseScenario('healthy')
      const options = { fleet: { ...fleet, devices }, scenario, requests: 1, seed: 1 }
      return simulate({ plan, ...options }).latency.meanMs
    }
    expect(ms({ type: 'uncoded', k: 5 })).to.be.closeTo(50, 1e-6)
    expect(ms({ type: 'mds', n: 5, k: 3 })).to.be.closeTo(30, 1e-6)
    expect(ms({ type: 'replication', k: 2, r: 2 })).to.be.closeTo(20, 1e-6)
  })
})
