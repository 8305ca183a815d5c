import { floatTensor, type TensorProto } from '@cocoi/onnx'
import { type Distribution, SeededValues } from './seeded-values.ts'

/**
 * A float32 tensor of seeded values, about normal. The same name, shape, seed and distribution give
 * the same bytes on every machine.
 *
 * @throws {ZooError} ERR_ZOO_SEED; {OnnxError} ERR_ONNX_SHAPE
 */
export function seededTensor(
  name: string,
  dims: readonly number[],
  seed: number,
  distribution: Distribution,
): TensorProto {
  const values = new Float32Array(dims.reduce((product, size) => product * size, 1))
  new SeededValues(seed, name).fill(values, distribution)
  return floatTensor(name, dims, values)
}
