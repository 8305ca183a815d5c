import {
  floatTensor,
  type GraphProto,
  makeModel,
  makeNode,
  makeValueInfo,
  type NodeProto,
  nodeInputs,
  topologicalOrder,
} from '@cocoi/onnx'
import { findLinearConvs, layoutStages, type StageLayout } from '@cocoi/partition'
import { expect } from 'chai'
import { pick, randomDag, seeded } from './random-dag.ts'

/** Distributed convolutions that each tensor depends on, found without the code under test. */
function dependencies(graph: GraphProto, distributed: ReadonlySet<string>) {
  const found = new Map<string, Set<string>>()
  for (const node of topologicalOrder(graph)) {
    const own = new Set<string>()
    for (const name of nodeInputs(node)) {
      for (const conv of found.get(name) ?? []) own.add(conv)
      if (distributed.has(name)) own.add(name)
    }
    for (const name of node.output) found.set(name, own)
  }
  return found
}

/** Checks that no convolution needs one of its own or of a later stage. */
function expectRunnableInOrder(graph: GraphProto, stages: readonly StageLayout[]): void {
  const outputs = stages.flatMap(stage => stage.convs.map(conv => conv.output))
  const needs = dependencies(graph, new Set(outputs))
  const done = new Set<string>()
  for (const stage of stages) {
    for (const conv of stage.convs) {
      for (const other of needs.get(conv.output)!) {
        expect(done.has(other), `stage ${stage.id}: ${conv.output} needs ${other}`).to.equal(true)
      }
    }
    for (const conv of stage.convs) done.add(conv.output)
  }
}

const same = (name: string) => makeValueInfo(name, 'float32', [1, 4, 8, 8])
const conv = (input: string, output: string) => makeNode('Conv', [input, 'w'], [output])
const weights = [floatTensor('w', [4, 4, 1, 1], new Float32Array(16).fill(0.1))]

function graphOf(nodes: NodeProto[], outputs: string[], infos: string[]) {
  return makeModel({
    name: 'g',
    nodes,
    inputs: [same('x')],
    outputs: outputs.map(same),
    valueInfo: infos.map(same),
    initializers: weights,
  })
}

describe('layoutStages', () => {
  it('orders stages so that none needs a result of a later one, on random graphs', () => {
    let sameDepth = 0
    for (let seed = 0; seed < 200; seed++) {
      const model = randomDag(seed, { steps: 24 })
      const random = seeded(seed)
      const found = findLinearConvs(model).convs.filter(() => random() < 0.8)
      const stages = layoutStages(model.graph!, found, pick(random, ['rows', 'columns']))
      expect(stages.flatMap(stage => stage.convs).length).to.equal(found.length)
      expect(stages.map(stage => stage.id)).to.deep.equal(stages.map((_, i) => i))
      expectRunnableInOrder(model.graph!, stages)
      const again = layoutStages(model.graph!, found, 'rows')
      sameDepth += again.length - new Set(again.map(stage => stage.extent)).size
    }
    expect(sameDepth).to.be.above(100)
  })

  it('computes branches of one tensor together and encodes it once', () => {
    const nodes = [conv('x', 'a'), conv('x', 'b'), makeNode('Add', ['a', 'b'], ['y'])]
    const model = graphOf(nodes, ['y'], ['a', 'b'])
    const stages = layoutStages(model.graph!, findLinearConvs(model).convs, 'rows')
    expect(stages).to.have.length(1)
    expect(stages[0]!.inputs.map(({ tensor }) => tensor)).to.deep.equal(['x'])
    expect(stages[0]!.flops).to.equal(2 * 2 * 4 * 4 * 64)
  })

  it('encodes a tensor twice for convolutions whose windows move at different paces', () => {
    const half = makeNode('Conv', ['x', 'w'], ['b'], { strides: [1, 2] })
    const nodes = [conv('x', 'a'), half]
    const model = graphOf(nodes, ['a'], [])
    model.graph!.output.push(makeValueInfo('b', 'float32', [1, 4, 8, 4]))
    const { convs } = findLinearConvs(model)
    expect(layoutStages(model.graph!, convs, 'rows')[0]!.inputs).to.have.length(1)
    expect(layoutStages(model.graph!, convs, 'columns')).to.have.length(2)
  })

  it('sees dependencies that run through a subgraph', () => {
    const branch = (name: string) => {
      const nodes = [makeNode('Identity', ['a'], [name])]
      return makeModel({ name, nodes, inputs: [], outputs: [same(name)] }).graph!
    }
    const nodes = [
      conv('x', 'a'),
      makeNode('If', ['flag'], ['b'], { then_branch: branch('t'), else_branch: branch('e') }),
      conv('b', 'c'),
    ]
    const model = graphOf(nodes, ['c'], ['a', 'b'])
    model.graph!.input.push(makeValueInfo('flag', 'bool', []))
    const stages = layoutStages(model.graph!, findLinearConvs(model).convs, 'rows')
    expect(stages.map(stage => stage.convs.map(({ output }) => output))).to.deep.equal([
      ['a'],
      ['c'],
    ])
    expectRunnableInOrder(model.graph!, stages)
  })
})
