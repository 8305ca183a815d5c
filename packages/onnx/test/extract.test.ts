import {
  checkModel,
  extractModel,
  floatTensor,
  freezeInputs,
  makeModel,
  makeNode,
  makeValueInfo,
  OnnxError,
  tensorShapes,
  topologicalOrder,
} from '@cocoi/onnx'
import { expect } from 'chai'
import { branch, float, sampleModel } from './sample-models.ts'

/** x → a → b → c, and a → d with a weight. */
function chain() {
  return makeModel({
    name: 'chain',
    nodes: [
      makeNode('Neg', ['x'], ['a']),
      makeNode('Abs', ['a'], ['b']),
      makeNode('Exp', ['b'], ['c']),
      makeNode('Add', ['a', 'w'], ['d']),
    ],
    inputs: [float('x')],
    outputs: [float('c'), float('d')],
    valueInfo: [float('a')],
    initializers: [
      floatTensor('w', [2], Float32Array.of(1, 2)),
      floatTensor('unread', [2], new Float32Array(2)),
    ],
  })
}

const names = (list: readonly { name: string }[]) => list.map(({ name }) => name)

describe('extractModel', () => {
  it('takes the nodes between, the weights they read and the types that are known', () => {
    const { graph } = extractModel(chain(), { inputs: ['a'], outputs: ['d', 'b'], name: 'part' })
    expect(graph!.name).to.equal('part')
    expect(graph!.node.map(({ opType }) => opType)).to.deep.equal(['Abs', 'Add'])
    expect(names(graph!.initializer)).to.deep.equal(['w'])
    expect(names(graph!.input)).to.deep.equal(['a'])
    expect(names(graph!.output)).to.deep.equal(['d', 'b'])
  })

  it('gives models that are sound', () => {
    for (const outputs of [['a'], ['c'], ['d'], ['c', 'd'], ['a', 'b', 'c', 'd']]) {
      checkModel(extractModel(chain(), { inputs: ['x'], outputs }))
    }
  })

  it('can be fed a weight', () => {
    const { graph } = extractModel(chain(), { inputs: ['a', 'w'], outputs: ['d'] })
    expect(names(graph!.initializer)).to.deep.equal([])
    expect(
      tensorShapes(extractModel(chain(), { inputs: ['w', 'a'], outputs: ['d'] })).get('w'),
    ).to.deep.equal([2])
  })

  it('follows what subgraphs capture', () => {
    const { graph } = extractModel(sampleModel(), { inputs: ['x', 'flag'], outputs: ['b'] })
    expect(graph!.node.map(({ opType }) => opType)).to.deep.equal(['Relu', 'If'])
    expect(names(graph!.initializer)).to.deep.equal(['w'])
  })

  it('keeps operator sets and metadata', () => {
    const model = chain()
    model.opsetImport.push({ ...model.opsetImport[0]!, domain: 'com.microsoft' })
    const cut = extractModel(model, { inputs: ['x'], outputs: ['a'] })
    expect(cut.opsetImport).to.deep.equal(model.opsetImport)
    expect(cut.irVersion).to.equal(model.irVersion)
  })

  it('says what is missing', () => {
    const cases: [inputs: string[], outputs: string[], code: string, message: string][] = [
      [[], ['d'], 'ERR_ONNX_UNREACHABLE', '"x" is needed'],
      [['b'], ['d'], 'ERR_ONNX_UNREACHABLE', 'inputs: "b"'],
      [['x'], ['nothing'], 'ERR_ONNX_UNREACHABLE', '"nothing"'],
      [['nothing', 'x'], ['a'], 'ERR_ONNX_UNREACHABLE', 'no tensor "nothing"'],
      [['b'], ['c'], 'ERR_ONNX_NO_TYPE', 'states no type for "b"'],
    ]
    for (const [inputs, outputs, code, message] of cases) {
      expect(() => extractModel(chain(), { inputs, outputs }), message)
        .to.throw(OnnxError, message)
        .with.property('code', code)
    }
  })
})

describe('topologicalOrder', () => {
  it('moves nodes behind what they read, subgraphs included, and no further', () => {
    const inner = makeNode('If', ['flag'], ['y'], {
      then_branch: branch('t', [makeNode('Neg', ['late'], ['t'])]),
      else_branch: branch('e', [makeNode('Neg', ['x'], ['e'])]),
    })
    const nodes = [makeNode('Abs', ['x'], ['a']), inner, makeNode('Exp', ['x'], ['late'])]
    const { graph } = makeModel({ name: 'g', nodes, inputs: [], outputs: [] })
    const order = topologicalOrder(graph!).map(({ opType }) => opType)
    expect(order).to.deep.equal(['Abs', 'Exp', 'If'])
  })

  it('orders a chain of ten thousand nodes that is listed backwards', () => {
    const nodes = Array.from({ length: 10_000 }, (_, i) => makeNode('Neg', [`${i}`], [`${i + 1}`]))
    const { graph } = makeModel({ name: 'g', nodes: nodes.toReversed(), inputs: [], outputs: [] })
    expect(topologicalOrder(graph!)).to.deep.equal(nodes)
  })

  it('names the tensors of a cycle', () => {
    const nodes = [makeNode('Neg', ['b'], ['a']), makeNode('Neg', ['a'], ['b'])]
    const { graph } = makeModel({ name: 'g', nodes, inputs: [], outputs: [] })
    expect(() => topologicalOrder(graph!))
      .to.throw(OnnxError, '2 nodes wait for each other')
      .with.property('code', 'ERR_ONNX_CYCLE')
  })
})

describe('freezeInputs', () => {
  it('makes initializers constant and drops inputs that nothing reads', () => {
    const model = chain()
    model.irVersion = 3n
    model.graph!.input.push(float('w'), float('unread'), makeValueInfo('ghost', 'float32', [1]))
    const frozen = freezeInputs(model)
    expect(names(frozen.graph!.input)).to.deep.equal(['x'])
    expect(frozen.irVersion).to.equal(4n)
    expect(names(model.graph!.input)).to.have.length(4)
  })

  it('keeps an input that is handed through, and what only a subgraph reads', () => {
    const model = sampleModel()
    model.graph!.input.push(float('through'))
    model.graph!.output.push(float('through'))
    expect(names(freezeInputs(model).graph!.input)).to.deep.equal(['x', 'flag', 'through'])
  })
})
