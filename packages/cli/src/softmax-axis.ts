import { intAttribute, type ModelProto, type NodeProto, tensorShapes } from '@cocoi/onnx'

/** Where the classes of one distribution lie in row-major data: so many, so far apart. */
export interface SoftmaxAxis {
  readonly classes: number
  readonly stride: number
}

/** Operators that leave the order of the elements as it is. */
const shapeOnly = new Set([
  'Reshape',
  'Flatten',
  'Squeeze',
  'Unsqueeze',
  'Identity',
  'Dropout',
  'Cast',
])

/** The axis along which a model's output was normalised by a softmax, if it was. */
export function softmaxAxis(model: ModelProto, output: string): SoftmaxAxis | undefined {
  const producers = new Map(
    model.graph!.node.flatMap(node => node.output.map(name => [name, node])),
  )
  let node = producers.get(output)
  while (node && shapeOnly.has(node.opType)) node = producers.get(node.input[0]!)
  if (node?.opType !== 'Softmax') return undefined
  const shapes = tensorShapes(model)
  const shape = shapes.get(node.output[0]!) ?? shapes.get(node.input[0]!)
  return shape && axisOf(node, shape, opsetOf(model))
}

/** Before opset 13 a softmax runs along all axes from the given one on, since then along one. */
function axisOf(node: NodeProto, shape: readonly number[], opset: number): SoftmaxAxis {
  const given = intAttribute(node, 'axis', opset < 13 ? 1 : -1)
  const axis = given < 0 ? given + shape.length : given
  const stride = opset < 13 ? 1 : product(shape.slice(axis + 1))
  return { classes: product(opset < 13 ? shape.slice(axis) : [shape[axis]!]), stride }
}

function opsetOf({ opsetImport }: ModelProto): number {
  const standard = opsetImport.find(({ domain }) => domain === '' || domain === 'ai.onnx')
  return Number(standard?.version ?? 13)
}

function product(sizes: readonly number[]): number {
  return sizes.reduce((total, size) => total * size, 1)
}
