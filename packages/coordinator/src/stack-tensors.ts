import type { EngineTensor } from '@cocoi/engine'

/**
 * Tensors of one shape one after the other along the first axis: the engine takes one large tensor
 * sooner than many. A single one is not copied.
 */
export function stackTensors(tensors: readonly EngineTensor[]): EngineTensor {
  const [first] = tensors
  if (tensors.length === 1) return first!
  const { type, dims, data } = first!
  const stacked = new Uint8Array(data.byteLength * tensors.length)
  for (const [i, tensor] of tensors.entries()) stacked.set(tensor.data, i * data.byteLength)
  return { type, dims: [dims[0]! * tensors.length, ...dims.slice(1)], data: stacked }
}
