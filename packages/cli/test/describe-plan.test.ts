import { describePlan } from '@cocoi/cli'
import { floatTensor, makeModel, makeNode, makeValueInfo } from '@cocoi/onnx'
import { parseSchemeRequest, planModel } from '@cocoi/planner'
import { expect } from 'chai'

const long = '/features/denseblock1/denselayer1/conv1/Conv_output_0'

const model = makeModel({
  name: 'net',
  nodes: [
    makeNode('Conv', ['x', 'w'], [long], { pads: [1, 1, 1, 1] }),
    makeNode('Conv', ['x', 'w'], ['twin'], { pads: [1, 1, 1, 1] }),
    makeNode('Conv', [long, 'v'], ['pointwise'], { group: 64 }),
    makeNode('Concat', ['pointwise', 'twin'], ['y'], { axis: 1 }),
  ],
  inputs: [makeValueInfo('x', 'float32', [1, 64, 28, 28])],
  outputs: [makeValueInfo('y', 'float32', [1, 128, 28, 28])],
  valueInfo: [long, 'twin', 'pointwise'].map(name => {
    return makeValueInfo(name, 'float32', [1, 64, 28, 28])
  }),
  initializers: [
    floatTensor('w', [64, 64, 3, 3], new Float32Array(64 * 64 * 9)),
    floatTensor('v', [64, 1, 1, 1], new Float32Array(64)),
  ],
})

function text(scheme: string, devices: number, width = Number.POSITIVE_INFINITY): string {
  const options = { devices, axis: 'rows', transport: 'float16', minIntensity: 32 } as const
  const plan = planModel(model, { ...options, scheme: parseSchemeRequest(scheme) })
  return describePlan(plan, width).join('\n')
}

describe('plan as text', () => {
  it('says what is distributed, what that moves, and why the rest stays', () => {
    const lines = text('mds:6,4', 6).split('\n')
    expect(lines[0]).to.match(/^1 stage of mds:6,4, 116 MF; one inference moves .* out, .* back$/)
    expect(lines.join('\n')).to.match(/6,4 +7 of 28 +116 MF/)
    expect(lines.at(-1)).to.match(/^pointwise {2}Conv {2}0\.5 operations per byte on the wire/)
  })

  it('stays within the width by shortening names at their front', () => {
    for (const width of [80, 100, 120]) {
      const lines = text('mds:6,4', 6, width).split('\n')
      const widest = Math.max(...lines.map(line => line.length))
      expect(widest).to.be.at.most(width)
      expect(lines.filter(line => line.includes('output_0 '))).to.have.lengthOf(1)
    }
  })

  it('leaves names whole where there is no width to keep', () => {
    expect(text('mds:6,4', 6)).to.include(long).and.not.include('…')
  })

  it('says so when one device or the coordinator does everything', () => {
    expect(text('whole', 6)).to.equal('One device computes the whole model.')
    expect(text('mds:6,4', 1)).to.match(/^note: .*\nThe coordinator computes the whole model\.$/)
  })
})
