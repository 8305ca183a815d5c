import {
  checkModel,
  floatTensor,
  int64Tensor,
  type ModelProto,
  makeModel,
  makeNode,
  makeValueInfo,
  type NodeProto,
  OnnxError,
} from '@cocoi/onnx'
import { expect } from 'chai'
import { branch, float, sampleModel } from './sample-models.ts'

type Parts = Partial<Parameters<typeof makeModel>[0]>

function modelOf(nodes: NodeProto[], parts: Parts = {}): ModelProto {
  return makeModel({ name: 'g', nodes, inputs: [float('x')], outputs: [float('y')], ...parts })
}

function complaint(model: ModelProto): string {
  try {
    checkModel(model)
  } catch (error) {
    expect(error).to.be.instanceOf(OnnxError).with.property('code', 'ERR_ONNX_INVALID')
    return (error as OnnxError).message
  }
  return 'none'
}

const neg = (from: string, to: string) => makeNode('Neg', [from], [to])
const choose = (nodes: NodeProto[]) =>
  makeNode('If', ['x'], ['y'], {
    then_branch: branch('t', nodes),
    else_branch: branch('e', [neg('x', 'e')]),
  })
const w = floatTensor('w', [2], new Float32Array(2))

describe('checkModel', () => {
  it('accepts a sound model', () => {
    expect(complaint(sampleModel())).to.equal('none')
    expect(complaint(modelOf([neg('x', 'y')]))).to.equal('none')
    const overridable = { inputs: [float('x'), float('w')], initializers: [w] }
    expect(complaint(modelOf([makeNode('Add', ['x', 'w'], ['y'])], overridable))).to.equal('none')
    expect(complaint(modelOf([makeNode('Neg', ['x'], ['y', ''])]))).to.equal('none')
  })

  const damages: [what: string, model: ModelProto, message: string][] = [
    ['no graph', { ...modelOf([]), graph: undefined } as never, 'no graph'],
    ['an output that nothing defines', modelOf([]), 'nothing defines the graph output "y"'],
    ['an input that nothing defines', modelOf([neg('z', 'y')]), 'Neg "y" reads "z" before'],
    ['nodes in the wrong order', modelOf([neg('a', 'y'), neg('x', 'a')]), 'reads "a" before'],
    ['a node that reads its own output', modelOf([neg('y', 'y')]), 'reads "y" before'],
    [
      'a tensor with two producers',
      modelOf([neg('x', 'y'), neg('x', 'y')]),
      '"y" is defined twice',
    ],
    [
      'a node that gives one name twice',
      modelOf([makeNode('S', ['x'], ['y', 'y'])]),
      'defined twice',
    ],
    [
      'an input that a node overwrites',
      modelOf([neg('x', 'x'), neg('x', 'y')]),
      '"x" is defined twice',
    ],
    [
      'a weight that a node overwrites',
      modelOf([neg('x', 'w'), neg('w', 'y')], { initializers: [w] }),
      '"w" is defined twice',
    ],
    [
      'two weights of one name',
      modelOf([neg('x', 'y')], { initializers: [w, w] }),
      'defined twice',
    ],
    [
      'two inputs of one name',
      modelOf([neg('x', 'y')], { inputs: [float('x'), float('x')] }),
      'defined twice',
    ],
    [
      'an input without a name',
      modelOf([neg('x', 'y')], { inputs: [float('x'), float('')] }),
      'a graph input has no name',
    ],
    [
      'an output listed twice',
      modelOf([neg('x', 'y')], { outputs: [float('y'), float('y')] }),
      'output "y" is listed twice',
    ],
    [
      'a domain that is not imported',
      modelOf([makeNode('FusedConv', ['x'], ['y'], {}, { domain: 'com.microsoft' })]),
      'domain "com.microsoft", which is not imported',
    ],
    [
      'a subgraph that reads what is nowhere',
      modelOf([choose([neg('q', 't')])]),
      'reads "q" before',
    ],
    ['a subgraph that gives nothing', modelOf([choose([])]), 'If "y" reads "t" before'],
    [
      'a subgraph of a domain not imported',
      modelOf([choose([makeNode('Neg', ['x'], ['t'], {}, { domain: 'd' })])]),
      'domain "d"',
    ],
    [
      'two types of one tensor',
      modelOf([neg('x', 'y')], { valueInfo: [makeValueInfo('y', 'int64', [2])] }),
      '"y" is int64 [2] and also float32 [2]',
    ],
    [
      'two shapes of one tensor',
      modelOf([neg('x', 'y')], { valueInfo: [float('y', [3])] }),
      '"y" is float32 [3] and also float32 [2]',
    ],
    [
      'two ranks of one tensor',
      modelOf([neg('x', 'y')], { valueInfo: [float('y', ['n', 2])] }),
      '"y" is float32 [?, 2] and also float32 [2]',
    ],
    [
      'a weight that is not what its value says',
      modelOf([makeNode('Add', ['x', 'w'], ['y'])], {
        initializers: [int64Tensor('w', [1, 2])],
        valueInfo: [float('w')],
      }),
      '"w" is int64 [2] and also float32 [2]',
    ],
  ]
  for (const [what, model, message] of damages) {
    it(`finds ${what}`, () => {
      expect(complaint(model)).to.include(message)
    })
  }

  it('takes symbolic and unknown sizes as agreeing with any', () => {
    const parts = { outputs: [float('y', ['n'])], valueInfo: [float('y', [2])] }
    expect(complaint(modelOf([neg('x', 'y')], parts))).to.equal('none')
  })

  it('says no more than anybody reads, however long a name is', () => {
    const message = complaint(modelOf([neg('n'.repeat(100_000), 'y')]))
    expect(message)
      .to.match(/^.*nnn…$/s)
      .and.have.length.below(2000)
  })

  it('names the first problems and counts the rest', () => {
    const nodes = Array.from({ length: 12 }, (_, i) => neg(`in${i}`, `out${i}`))
    const message = complaint(modelOf(nodes, { outputs: [] }))
    expect(message).to.include('"in4"').and.include('and 7 more problems').and.not.include('"in5"')
  })
})
