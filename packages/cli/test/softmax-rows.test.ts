import { softmaxRows } from '@cocoi/cli'
import { int64Tensor, makeModel, makeNode, makeValueInfo } from '@cocoi/onnx'
import { expect } from 'chai'

/** Softmax of a tensor of this shape, reshaped afterwards to a list. */
function model(shape: number[], { axis, opset }: { axis?: number; opset: number }) {
  const count = shape.reduce((product, size) => product * size, 1)
  return makeModel({
    name: 'softmax',
    opset,
    nodes: [
      makeNode('Softmax', ['x'], ['p'], axis === undefined ? {} : { axis }),
      makeNode('Reshape', ['p', 'list'], ['y']),
    ],
    inputs: [makeValueInfo('x', 'float32', shape)],
    outputs: [makeValueInfo('y', 'float32', [count])],
    valueInfo: [makeValueInfo('p', 'float32', shape)],
    initializers: [int64Tensor('list', [-1])],
  })
}

describe('rows of a softmax', () => {
  it('lie along its axis, also where only dimensions of one follow', () => {
    expect(softmaxRows(model([1, 4, 2], { opset: 13 }), 'y')).to.equal(2)
    expect(softmaxRows(model([1, 10, 1, 1], { axis: 1, opset: 13 }), 'y')).to.equal(10)
  })

  it('reach over all dimensions from the axis on before opset 13', () => {
    expect(softmaxRows(model([2, 5, 3, 1], { opset: 11 }), 'y')).to.equal(15)
  })

  it('are none where the probabilities do not lie side by side, or there is no softmax', () => {
    expect(softmaxRows(model([1, 10, 4, 4], { axis: 1, opset: 13 }), 'y')).to.equal(undefined)
    expect(softmaxRows(model([1, 4, 2], { opset: 13 }), 'x')).to.equal(undefined)
  })
})
