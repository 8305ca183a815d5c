import { floatTensor, type ModelProto, makeModel, makeNode, makeValueInfo } from '@cocoi/onnx'
import { wholeProgram } from '@cocoi/partition'
import { expect } from 'chai'
import { compareWithUncut } from './coded-run.ts'
import { randomDag, randomFloats, seeded } from './random-dag.ts'

const plane = (name: string) => makeValueInfo(name, 'float32', [1, 2, 9, 9])
const padded = { pads: [1, 1, 1, 1] }

function modelOf(
  nodes: ReturnType<typeof makeNode>[],
  output: ModelProto['graph'],
  known: string[],
) {
  const random = seeded(1)
  const weight = (name: string) => floatTensor(name, [2, 2, 3, 3], randomFloats(random, 36, 0.3))
  return makeModel({
    name: 'segments',
    nodes,
    inputs: [plane('x')],
    outputs: output!.output,
    valueInfo: known.map(plane),
    initializers: [weight('w1'), weight('w2')],
  })
}

const outputs = (...output: ReturnType<typeof makeValueInfo>[]) =>
  makeModel({ name: '', nodes: [], inputs: [], outputs: output }).graph!

const compare = (model: ModelProto, transport: 'float16' | 'float32' = 'float32') =>
  compareWithUncut(model, {
    scheme: k => ({ type: 'mds', n: k + 1, k }),
    k: 3,
    axis: 'rows',
    transport,
    seed: 3,
  })

describe('segments', () => {
  it('compute tensors of unknown shape where they are read instead of handing them over', async () => {
    const nodes = [
      makeNode('NonZero', ['x'], ['places']),
      makeNode('Transpose', ['places'], ['indices'], { perm: [1, 0] }),
      makeNode('Conv', ['x', 'w1'], ['a'], padded),
      makeNode('GatherND', ['a', 'indices'], ['first']),
      makeNode('Conv', ['a', 'w2'], ['b'], padded),
      makeNode('GatherND', ['b', 'indices'], ['second']),
      makeNode('Add', ['first', 'second'], ['y']),
    ]
    const model = modelOf(nodes, outputs(makeValueInfo('y', 'float32', ['found'])), ['a', 'b'])
    const { error, program } = await compare(model)
    expect(error).to.be.below(1e-5)
    expect(program.steps).to.have.length(2)
  })

  it('begin encoding a stage early when one of its inputs is there before the other', async () => {
    const nodes = [
      makeNode('Conv', ['x', 'w1'], ['a'], padded),
      makeNode('Conv', ['x', 'w2'], ['s'], { ...padded, strides: [2, 2] }),
      makeNode('Conv', ['a', 'w2'], ['b'], padded),
      makeNode('Conv', ['s', 'w1'], ['c'], { pads: [3, 3, 3, 3] }),
      makeNode('Add', ['b', 'c'], ['y']),
    ]
    const model = modelOf(nodes, outputs(plane('y')), ['a', 'b', 'c'])
    model.graph!.valueInfo.push(makeValueInfo('s', 'float32', [1, 2, 5, 5]))
    const { program, error } = await compare(model, 'float16')
    expect(error).to.be.below(5e-3)
    expect(program.steps[1]!.side!.outputs).to.include('stage2/in0/stacked/peak')
  })

  it('give model outputs wherever they arise: before, between and behind the stages', async () => {
    const nodes = [
      makeNode('Neg', ['x'], ['before']),
      makeNode('Conv', ['before', 'w1'], ['a'], padded),
      makeNode('Conv', ['a', 'w2'], ['b'], padded),
      makeNode('Relu', ['b'], ['behind']),
    ]
    const given = outputs(plane('before'), plane('a'), plane('b'), plane('behind'))
    expect((await compare(modelOf(nodes, given, []))).error).to.be.below(1e-5)
  })

  it('do not compute what nobody asked for', async () => {
    const nodes = [
      makeNode('Conv', ['x', 'w1'], ['a'], padded),
      makeNode('Exp', ['a'], ['unread']),
      makeNode('Relu', ['a'], ['y']),
    ]
    const { program, error } = await compare(modelOf(nodes, outputs(plane('y')), ['a', 'unread']))
    expect(error).to.be.below(1e-5)
    const types = program.tail!.model.graph!.node.map(node => node.opType)
    expect(types).to.include('Relu').and.not.include('Exp')
  })

  it('compute a remainder that sees nothing but padding', async () => {
    const nodes = [makeNode('Conv', ['x', 'w'], ['y'], { pads: [0, 0, 4, 0] })]
    const model = makeModel({
      name: 'padding',
      nodes,
      inputs: [makeValueInfo('x', 'float32', [1, 1, 9, 4])],
      outputs: [makeValueInfo('y', 'float32', [1, 1, 13, 4])],
      initializers: [floatTensor('w', [1, 1, 1, 1], Float32Array.of(2))],
    })
    const { stages, error } = await compare(model)
    expect(stages[0]!.split.rest).to.deep.equal({ begin: 12, end: 13 })
    expect(error).to.be.below(1e-6)
  })
})

describe('wholeProgram', () => {
  it('sends the inputs of the model and no constant that is listed among them', () => {
    const model = randomDag(1, { initializersAsInputs: true })
    const { steps, tail } = wholeProgram(model)
    expect(steps.map(step => step.inputs.map(({ pieces }) => pieces))).to.deep.equal([['x']])
    expect(tail).to.equal(undefined)
  })
})
