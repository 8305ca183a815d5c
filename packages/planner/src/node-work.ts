import { multiplyAdds, type NodeProto } from '@cocoi/onnx'
import { noWork, type Work } from './work.ts'

/** Ops that move no data, or that onnxruntime folds into their neighbours. */
const free = new Set([
  ...['Reshape', 'Flatten', 'Squeeze', 'Unsqueeze', 'Identity', 'Dropout', 'Constant', 'Shape'],
  'BatchNormalization',
])

/**
 * What one node costs: two operations per multiply-add of a convolution or matrix product, and four
 * bytes for every element it reads and writes, weights included. The other ops cost their traffic;
 * of tensors whose shape depends on the data nothing is known.
 *
 * @param shapes dims by tensor name, weights included
 */
export function nodeWork(node: NodeProto, shapes: ReadonlyMap<string, readonly number[]>): Work {
  if (free.has(node.opType)) return noWork
  const elements = (name: string | undefined) => count(shapes.get(name ?? ''))
  const output = elements(node.output[0])
  const read = node.input.reduce((sum, name) => sum + elements(name), 0)
  const written = node.output.reduce((sum, name) => sum + elements(name), 0)
  return { flops: 2 * output * multiplyAdds(node, shapes), bytes: 4 * (read + written) }
}

function count(shape: readonly number[] | undefined): number {
  return shape ? shape.reduce((product, size) => product * size, 1) : 0
}
