import { elementBytes } from './element-type.ts'
import { OnnxError } from './errors.ts'

/** Number of elements of a tensor with these dimensions; 1 for a scalar, which has none. */
export function elementCount(dims: readonly number[]): number {
  return dims.reduce((product, size) => product * size, 1)
}

/**
 * Bytes of raw data that a tensor of this type and shape holds.
 *
 * @throws {OnnxError} ERR_ONNX_ELEMENT_TYPE for types without a fixed width, ERR_ONNX_SHAPE if a
 *   dimension is below 0, two of which would make a size, or the size is no exact number
 */
export function tensorByteLength(type: number, dims: readonly number[]): number {
  const bytes = Math.ceil(elementCount(dims) * elementBytes(type))
  if (dims.every(size => size >= 0) && Number.isSafeInteger(bytes)) return bytes
  throw new OnnxError('ERR_ONNX_SHAPE', `a tensor cannot have the shape [${dims}]`)
}

/**
 * The dimensions as ONNX writes them.
 *
 * @throws {OnnxError} ERR_ONNX_SHAPE if a dimension is not a whole number of at least 0
 */
export function dimsToWire(name: string, dims: readonly number[]): bigint[] {
  const wrong = dims.find(size => !Number.isSafeInteger(size) || size < 0)
  if (wrong === undefined) return dims.map(BigInt)
  const message = `"${name}" has the dimension ${wrong} in [${dims}], which is no whole number ≥ 0`
  throw new OnnxError('ERR_ONNX_SHAPE', `${message}; name an unknown dimension by a string`)
}
