import { intAttribute, type ModelProto, type NodeProto, tensorShapes } from '@cocoi/onnx'

/** Nodes that change neither the numbers nor their order. */
const shapeOnly = new Set([
  'Reshape',
  'Flatten',
  'Squeeze',
  'Unsqueeze',
  'Identity',
  'Dropout',
  'Cast',
])

/**
 * How many neighbouring elements of an output a softmax has made to sum up to one; undefined if the
 * output is not that of a softmax, or its probabilities do not lie side by side.
 */
export function softmaxRows(model: ModelProto, output: string): number | undefined {
  const producers = new Map(
    model.graph!.node.flatMap(node => node.output.map(name => [name, node])),
  )
  let node = producers.get(output)
  while (node && shapeOnly.has(node.opType)) node = producers.get(node.input[0]!)
  if (node?.opType !== 'Softmax') return undefined
  const shape = tensorShapes(model).get(node.output[0]!) ?? tensorShapes(model).get(output)
  return shape && rowLength(shape, node, model)
}

/** Before opset 13 a softmax runs over all dimensions from its axis on, since then along one. */
function rowLength(
  shape: readonly number[],
  node: NodeProto,
  model: ModelProto,
): number | undefined {
  const opset = Number(model.opsetImport.find(({ domain }) => domain === '')?.version ?? 1)
  const given = intAttribute(node, 'axis', opset < 13 ? 1 : -1)
  const axis = given < 0 ? given + shape.length : given
  const rest = shape.slice(axis + 1).reduce((product, size) => product * size, 1)
  if (opset < 13) return (shape[axis] ?? 1) * rest
  return rest === 1 ? shape[axis] : undefined
}
