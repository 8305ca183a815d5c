import { EngineError } from './errors.ts'

/** Bytes per element of every type the engine carries. ONNX TensorProto.DataType names. */
const elementSizes = {
  float32: 4,
  float64: 8,
  float16: 2,
  int8: 1,
  int16: 2,
  int32: 4,
  int64: 8,
  uint8: 1,
  uint16: 2,
  uint32: 4,
  uint64: 8,
  bool: 1,
}

/** Element types the engine carries. */
export type ElementTypeName = keyof typeof elementSizes

/**
 * A dense tensor as raw little-endian bytes, row-major. `data` may be a view into a larger buffer,
 * at any offset. A float16 is its two IEEE 754 bytes, a bool one byte of 0 or 1.
 */
export interface EngineTensor {
  readonly type: ElementTypeName
  readonly dims: readonly number[]
  readonly data: Uint8Array
}

/** @throws {EngineError} ERR_ENGINE_TENSOR unless `data` holds exactly what `dims` and `type` need */
export function assertTensor(name: string, tensor: EngineTensor): void {
  if (!Object.hasOwn(elementSizes, tensor.type)) {
    throw new EngineError('ERR_ENGINE_TENSOR', `tensor "${name}" has type ${tensor.type}, unknown`)
  }
  const shape = `${tensor.type}[${tensor.dims.join(',')}]`
  if (!tensor.dims.every(dim => Number.isSafeInteger(dim) && dim >= 0)) {
    const message = `tensor "${name}" of ${shape} has a dimension that is no whole number from 0 on`
    throw new EngineError('ERR_ENGINE_TENSOR', message)
  }
  const expected = tensor.dims.reduce((product, dim) => product * dim, elementSizes[tensor.type])
  if (expected === tensor.data.byteLength) return
  const message = `tensor "${name}" of ${shape} needs ${expected} bytes, got ${tensor.data.byteLength}`
  throw new EngineError('ERR_ENGINE_TENSOR', message)
}
