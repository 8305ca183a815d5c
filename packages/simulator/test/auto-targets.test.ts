import {
  type Fleet,
  fleetOf,
  type ModelPlan,
  type ProfileName,
  parseSchemeRequest,
  planModel,
} from '@cocoi/planner'
import { parseScenario, profiledUnder, simulate } from '@cocoi/simulator'
import type { ZooName } from '@cocoi/zoo'
import { expect } from 'chai'
import { shapedZoo } from '../../planner/test/shaped-zoo.ts'

const names = ['vgg16', 'resnet18'] as const satisfies ZooName[]
const profiles = ['pi4-gbe', 'pi4-slow', 'pi4-wifi'] as const satisfies ProfileName[]
const scenarios = ['healthy', 'stragglers:1', 'slow:3', 'failures:2'] as const
const fixed = ['local', 'whole', 'uncoded', 'replication:2', 'mds', 'mds:10,9', 'mds:10,6']
const models = Object.fromEntries(names.map(name => [name, shapedZoo(name)]))

function planned(name: string, scheme: string, fleet: Fleet): ModelPlan {
  return planModel(models[name]!, {
    ...{ scheme: parseSchemeRequest(scheme), devices: fleet.devices.length, fleet },
    ...{ axis: 'rows', transport: 'float16', minIntensity: 32 },
  })
}

/** Mean latency under a scenario, without the first inferences, before anything is known. */
function meanMs({ load }: ModelPlan, fleet: Fleet, scenario: string): number {
  const options = { scenario: parseScenario(scenario), requests: 24, seed: 3 }
  const { latenciesMs, failed } = simulate({ plan: load, fleet, ...options })
  expect(failed).to.equal(0)
  const known = latenciesMs.slice(4)
  return known.reduce((sum, ms) => sum + ms, 0) / known.length
}

describe('auto on a simulated fleet of ten', function () {
  this.timeout(120_000)
  for (const name of names) {
    for (const profile of profiles) {
      const fleet = fleetOf(profile, 10)

      for (const scenario of scenarios) {
        it(`is within 5 % of the best fixed scheme: ${name} on ${profile}, ${scenario}`, () => {
          const healthy = planned(name, 'uncoded', fleet).load
          const known = profiledUnder(fleet, parseScenario(scenario), healthy)
          const auto = meanMs(planned(name, 'auto', known), fleet, scenario)
          for (const scheme of fixed) {
            const other = meanMs(planned(name, scheme, known), fleet, scenario)
            expect(auto / other, scheme).to.be.below(1.05)
          }
        })
      }

      it(`is at most 15 % slower when two die in each inference, unforeseen: ${name} on ${profile}`, () => {
        const plan = planned(name, 'auto', fleet)
        const ratio = meanMs(plan, fleet, 'failures:2') / meanMs(plan, fleet, 'healthy')
        expect(ratio).to.be.below(1.15)
      })

      // The other eight compute a quarter more each; the coordinator helps, and messages become fewer.
      it(`is at most 17 % slower with eight, planned for: ${name} on ${profile}`, () => {
        const [ten, eight] = [10, 8].map(count => {
          const fleet = fleetOf(profile, count)
          return meanMs(planned(name, 'auto', fleet), fleet, 'healthy')
        })
        expect(eight! / ten!).to.be.below(1.17)
      })
    }
  }
})
