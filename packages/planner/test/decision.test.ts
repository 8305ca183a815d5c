import {
  carryOut,
  decisionOf,
  fleetOf,
  type PlanOptions,
  parseSchemeRequest,
  planModel,
} from '@cocoi/planner'
import { expect } from 'chai'
import { shapedZoo } from './shaped-zoo.ts'

const resnet18 = shapedZoo('resnet18')

function optionsOf(scheme: string, more: Partial<PlanOptions> = {}): PlanOptions {
  const cut = { axis: 'rows', transport: 'float16', minIntensity: 32 } as const
  return { scheme: parseSchemeRequest(scheme), devices: 6, ...cut, ...more }
}

describe('the decision of a plan', () => {
  for (const profile of ['pi4-slow', 'pi4-wifi', 'mixed'] as const) {
    for (const scheme of ['auto', 'mds', 'lt', 'mds:6,4', 'uncoded', 'whole', 'local']) {
      it(`makes the same plan elsewhere: ${scheme} on ${profile}`, () => {
        const options = optionsOf(scheme, { fleet: fleetOf(profile, 6) })
        const plan = planModel(resnet18, options)
        const again = carryOut(resnet18, options, structuredClone(decisionOf(plan)))
        expect(decisionOf(again)).to.deep.equal(decisionOf(plan))
        expect(again.predict()).to.deep.equal(plan.predict())
      })
    }
  }

  it('is refused for another model', () => {
    const options = optionsOf('uncoded')
    const decision = decisionOf(planModel(resnet18, options))
    expect(() => carryOut(shapedZoo('vgg16'), options, decision))
      .to.throw('the plan was made for another model')
      .with.property('code', 'ERR_OTHER_MODEL')
  })
})
