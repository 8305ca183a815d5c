import { fleetOf } from '@cocoi/planner'
import {
  parseScenario,
  profiledUnder,
  SimulatorError,
  scenarioForms,
  underScenario,
} from '@cocoi/simulator'
import { expect } from 'chai'
import { bareStage, single } from '../../planner/test/ideal-stage.ts'

const healthy = parseScenario('healthy')

describe('scenarios', () => {
  it('are read as users write them', () => {
    const cases: [text: string, parts: Partial<typeof healthy>][] = [
      ['stragglers:0.5', { straggling: 0.5 }],
      ['stragglers:0', { straggling: 0 }],
      ['delays:40', { delayMs: 40 }],
      ['failures:2', { failures: 2 }],
      ['failures:1:hang', { failures: 1, failureKind: 'hang' }],
      ['slow:5', { slowdown: 5 }],
      ['stragglers:1+failures:2', { straggling: 1, failures: 2 }],
      ['none', {}],
      ['straggling', { straggling: 0.5 }],
      ['straggling:0.2', { straggling: 0.2 }],
      ['both', { straggling: 0.5, failures: 1 }],
      ['failures', { failures: 1 }],
      ['slow', { slowdown: 3 }],
      [' slow:2 + delays:1 ', { slowdown: 2, delayMs: 1 }],
    ]
    for (const [text, parts] of cases) {
      expect(parseScenario(text), text).to.deep.equal({ ...healthy, ...parts })
    }
  })

  it('are refused with the forms there are', () => {
    const garbage = [
      '',
      'stragglers',
      'stragglers:-1',
      'failures:1.5',
      'slow:0.5',
      'slow:1',
      'slow:2:hang',
      'sun',
      '+',
    ]
    for (const text of [...garbage, 'healthy:1', 'delays:1:hang', 'constructor', 'toString']) {
      expect(() => parseScenario(text), text)
        .to.throw(SimulatorError, scenarioForms)
        .with.property('code', 'ERR_BAD_SCENARIO')
    }
  })

  it('change what the devices are like', () => {
    const fleet = fleetOf('pi4-gbe', 3)
    const [first, second] = underScenario(
      fleet,
      parseScenario('slow:4+stragglers:1+delays:9'),
    ).devices
    expect(first).to.include({ flopsPerS: 5e9, straggling: 1 })
    expect(second).to.include({ flopsPerS: 20e9, straggling: 1 })
    const [{ link }] = fleet.devices as [(typeof fleet.devices)[number]]
    expect(second!.link).to.include({ straggling: 1, delayMs: link.delayMs + 9 })
    expect(underScenario(fleet, healthy)).to.deep.equal(fleet)
  })

  it('are what the planner learns of failures', () => {
    const fleet = fleetOf('pi4-gbe', 10)
    const subtask = { flops: 80e9, bytes: 0 } // of which each of the ten takes four seconds
    const plan = single(bareStage({ type: 'uncoded', k: 10 }, { subtask }))
    const crash = profiledUnder(fleet, parseScenario('failures:2'), plan)
    expect(crash.devices[0]!.failuresPerS).to.be.closeTo(2 / 40, 1e-9)
    const hang = profiledUnder(fleet, parseScenario('failures:2:hang'), plan)
    expect(hang.noticeMs).to.be.above(crash.noticeMs)
  })
})
