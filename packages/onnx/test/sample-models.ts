import {
  floatTensor,
  type GraphProto,
  int64Tensor,
  type ModelProto,
  makeModel,
  makeNode,
  makeTensor,
  makeValueInfo,
  type NodeProto,
} from '@cocoi/onnx'

export const float = (name: string, dims: (number | string)[] = [2]) =>
  makeValueInfo(name, 'float32', dims)

/** A graph that gives one tensor and may capture others, as the branches of an If do. */
export function branch(output: string, nodes: NodeProto[]): GraphProto {
  return makeModel({ name: output, nodes, inputs: [], outputs: [float(output)] }).graph!
}

/** x → a → (If: a + w or −a) → b → y, with every kind of attribute and of tensor field somewhere. */
export function sampleModel(): ModelProto {
  const nodes = [
    makeNode('Relu', ['x'], ['a'], { axis: 1, alpha: { float: 0.5 } }, { name: 'first' }),
    makeNode('If', ['flag'], ['b'], {
      then_branch: branch('t', [makeNode('Add', ['a', 'w'], ['t'])]),
      else_branch: branch('e', [makeNode('Neg', ['a'], ['e'])]),
    }),
    makeNode('Mystery', ['b', '', 'shape'], ['y'], {
      mode: 'same',
      scales: { floats: [1, 2] },
      labels: { strings: ['p', 'q'] },
      pads: [0, 0, 1, 1],
      value: makeTensor('v', 'bool', [3], Uint8Array.of(0, 1, 1)),
    }),
  ]
  const typed = floatTensor('typed', [2], Float32Array.of(3, 4))
  return makeModel({
    name: 'sample',
    nodes,
    inputs: [float('x'), makeValueInfo('flag', 'bool', [])],
    outputs: [float('y', ['n'])],
    valueInfo: [float('a'), float('b')],
    initializers: [
      floatTensor('w', [2], Float32Array.of(1, 2)),
      int64Tensor('shape', [2, -1]),
      { ...typed, rawData: new Uint8Array(), floatData: [3, 4] },
    ],
  })
}
