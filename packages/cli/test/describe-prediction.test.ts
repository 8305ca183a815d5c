import { describePrediction } from '@cocoi/cli'
import { floatTensor, makeModel, makeNode, makeValueInfo } from '@cocoi/onnx'
import { fleetOf, parseSchemeRequest, planModel } from '@cocoi/planner'
import { expect } from 'chai'

const model = makeModel({
  name: 'net',
  nodes: [makeNode('Conv', ['x', 'w'], ['y'], { pads: [1, 1, 1, 1] })],
  inputs: [makeValueInfo('x', 'float32', [1, 256, 28, 28])],
  outputs: [makeValueInfo('y', 'float32', [1, 256, 28, 28])],
  initializers: [floatTensor('w', [256, 256, 3, 3], new Float32Array(256 * 256 * 9))],
})

function lines(scheme: string, profile: 'pi4-slow' | 'pi4-wifi', width?: number): string[] {
  const options = { devices: 6, axis: 'rows', transport: 'float16', minIntensity: 32 } as const
  const fleet = fleetOf(profile, options.devices)
  const plan = planModel(model, {
    ...options,
    fleet,
    sweep: true,
    scheme: parseSchemeRequest(scheme),
  })
  return describePrediction(plan, profile, width).join('\n').split('\n')
}

describe('prediction as text', () => {
  it('says how long a shared model takes, beside one device alone, and why', () => {
    const [times, why, , , stage] = lines('mds:6,4', 'pi4-slow')
    expect(times).to.match(
      /^Predicted for pi4-slow: p50 \d+ ms, p99 \d+ ms, \d\.\d % of it coding; one device alone \d+ ms$/,
    )
    expect(why).to.match(/^Why: \d\.\d\d times as fast as one device alone$/)
    expect(stage).to.match(
      /^0 +mds:6,4 +1 +\d+ ms +\d+ ms +\d +\d +\d+ ms on the coordinator; away/,
    )
  })

  it('breaks the lines of its table where the terminal ends', () => {
    const [, , , head, ...stages] = lines('mds:6,4', 'pi4-slow', 80)
    expect(stages.length).to.be.above(1)
    expect(Math.max(...[head!, ...stages].map(line => line.length))).to.be.at.most(80)
  })

  it('says why a model stays where it is', () => {
    const [times, why, ...others] = lines('auto', 'pi4-wifi')
    expect(times).to.match(/^Predicted for pi4-wifi: p50 [\d.]+ ms, p99 [\d.]+ ms$/)
    expect(why).to.match(/^Why: the coordinator alone is fastest \(\d+ ms\): shared as /)
    expect(others).to.deep.equal([])
  })
})
