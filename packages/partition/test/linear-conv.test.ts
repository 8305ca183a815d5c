import { floatTensor, makeModel, makeNode, makeValueInfo, type TensorProto } from '@cocoi/onnx'
import { findLinearConvs, PartitionError, subtaskGraph } from '@cocoi/partition'
import { expect } from 'chai'

type Model = ReturnType<typeof makeModel>

function modelOf(
  node: ReturnType<typeof makeNode>,
  parts: Partial<Parameters<typeof makeModel>[0]>,
) {
  return makeModel({
    name: 'm',
    nodes: [node],
    inputs: [makeValueInfo('x', 'float32', [1, 2, 8, 8])],
    outputs: [makeValueInfo('y', 'float32', [1, 2, 8, 8])],
    initializers: [floatTensor('w', [2, 2, 1, 1], new Float32Array(4))],
    ...parts,
  })
}

const conv = (inputs = ['x', 'w'], attributes = {}) => makeNode('Conv', inputs, ['y'], attributes)

const reason = (model: Model) =>
  findLinearConvs(model)
    .local.map(found => found.reason)
    .join()

describe('findLinearConvs', () => {
  it('takes a convolution with constant weights and static shapes', () => {
    const { convs, local } = findLinearConvs(modelOf(conv(), {}))
    expect(convs.map(({ output, flops }) => ({ output, flops }))).to.deep.equal([
      { output: 'y', flops: 2 * 2 * 2 * 64 },
    ])
    expect(local).to.deep.equal([])
  })

  it('takes the default domain under both of its names', () => {
    const node = makeNode('Conv', ['x', 'w'], ['y'], {}, { domain: 'ai.onnx' })
    expect(findLinearConvs(modelOf(node, {})).convs).to.have.length(1)
  })

  it('says why a layer stays local', () => {
    const dynamic = makeValueInfo('x', 'float32', [1, 2, 'height', 8])
    const half: TensorProto = {
      ...floatTensor('w', [2, 2, 1, 1], new Float32Array(4)),
      dataType: 10,
    }
    const line = [makeValueInfo('x', 'float32', [1, 2, 8])]
    const cases: [model: Model, reason: string][] = [
      [modelOf(conv(), { inputs: [dynamic] }), 'depends on the data'],
      [modelOf(conv(['x', 'v']), {}), 'only float32'],
      [modelOf(conv(), { initializers: [half] }), 'only float32'],
      [modelOf(conv(['x', 'w', 'b']), {}), 'its bias is computed at run time'],
      [modelOf(makeNode('ConvTranspose', ['x', 'w'], ['y']), {}), 'ConvTranspose is not split'],
      [modelOf(makeNode('Gemm', ['x', 'w'], ['y']), {}), 'Gemm is not split'],
      [modelOf(makeNode('ConvInteger', ['x', 'w'], ['y']), {}), 'ConvInteger is not split'],
      [
        modelOf(conv(), {
          inputs: line,
          outputs: [makeValueInfo('y', 'float32', [1, 2, 8])],
          initializers: [floatTensor('w', [2, 2, 1], new Float32Array(4))],
        }),
        'this is 1-D',
      ],
      [modelOf(conv(['x', 'w'], { strides: [2, 1] }), {}), 'its rows should be 4'],
    ]
    for (const [model, expected] of cases) {
      expect(findLinearConvs(model).convs, expected).to.deep.equal([])
      expect(reason(model)).to.include(expected)
    }
  })

  it('leaves weights alone that are computed by the model', () => {
    const nodes = [makeNode('Neg', ['w'], ['v']), conv(['x', 'v'])]
    const valueInfo = [makeValueInfo('v', 'float32', [2, 2, 1, 1])]
    expect(reason(modelOf(nodes[0]!, { nodes, valueInfo }))).to.include('weights are computed')
  })
})

describe('subtaskGraph', () => {
  it('names a convolution that the model does not have', () => {
    const spec = { id: 3, kind: 'linear', outputs: ['z'], axis: 'rows', length: 2 } as const
    expect(() => subtaskGraph(modelOf(conv(), {}), spec, 'float32'))
      .to.throw(PartitionError, 'stage 3 names the convolution "z"')
      .with.property('code', 'ERR_UNKNOWN_STAGE')
  })

  it('holds the weights of its own convolutions only', () => {
    const model = modelOf(conv(), {})
    model.graph!.initializer.push(floatTensor('other', [1000], new Float32Array(1000)))
    const spec = { id: 0, kind: 'linear', outputs: ['y'], axis: 'rows', length: 2 } as const
    const { initializer } = subtaskGraph(model, spec, 'float16').model.graph!
    expect(initializer.map(({ name }) => name)).to.deep.equal(['w'])
  })
})
