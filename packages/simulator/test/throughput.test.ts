import {
  fleetOf,
  type Goal,
  type ModelPlan,
  type ProfileName,
  parseSchemeRequest,
  planModel,
} from '@cocoi/planner'
import { parseScenario, simulate } from '@cocoi/simulator'
import { expect } from 'chai'
import { shapedZoo } from '../../planner/test/shaped-zoo.ts'

const resnet18 = shapedZoo('resnet18')
const settings = { axis: 'rows', transport: 'float16', minIntensity: 32, devices: 10 } as const

function planned(scheme: string, profile: ProfileName, goal?: Goal): ModelPlan {
  const options = { ...settings, fleet: fleetOf(profile, 10), scheme: parseSchemeRequest(scheme) }
  return planModel(resnet18, goal ? { ...options, goal } : options)
}

/** Answers per second when there is always one more request waiting. */
function perSecond({ load }: ModelPlan, profile: ProfileName, running: number): number {
  const limits = { maxRunning: running, maxWaiting: 1000, subtaskTimeoutMs: 100_000 }
  const scenario = parseScenario('healthy')
  const fleet = fleetOf(profile, 10)
  const options = { plan: load, fleet, scenario, requests: 40, seed: 2, everyMs: 1e-3, limits }
  const { latenciesMs, durationMs } = simulate(options)
  return (1000 * latenciesMs.length) / durationMs
}

describe('a plan for throughput', () => {
  for (const profile of ['pi4-gbe', 'pi4-slow', 'pi4-wifi', 'mixed'] as const) {
    for (const running of [2, 10]) {
      it(`answers as many requests as any: ${running} at a time on ${profile}`, () => {
        const plan = planned('auto', profile, { type: 'throughput', running })
        const chosen = perSecond(plan, profile, running)
        for (const scheme of ['local', 'whole', 'uncoded', 'replication:2', 'mds', 'auto']) {
          const other = perSecond(planned(scheme, profile), profile, running)
          expect(chosen / other, `${scheme} against ${plan.why}`).to.be.above(0.9)
        }
      })
    }
  }

  it('gives each request a device of its own where many are answered at a time, and says so', () => {
    const plan = planned('auto', 'pi4-slow', { type: 'throughput', running: 10 })
    expect(plan.kind).to.equal('whole')
    expect(plan.why).to.match(
      /^requests queue: one device for each request answers more of them per second than .* instead of/,
    )
  })
})
