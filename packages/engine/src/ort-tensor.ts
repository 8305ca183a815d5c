import { Tensor } from 'onnxruntime-node'
import type { ElementTypeName, EngineTensor } from './engine-tensor.ts'
import { EngineError } from './errors.ts'

type TypedArray = Tensor.DataTypeMap[Exclude<Tensor.Type, 'string'>]
type ArrayConstructor = new (buffer: ArrayBufferLike, offset: number, length: number) => TypedArray

/** onnxruntime wants float16 as the platform's Float16Array where there is one (Node 24). */
const float16Array = (globalThis as { Float16Array?: ArrayConstructor }).Float16Array ?? Uint16Array

const arrays: Record<ElementTypeName, ArrayConstructor> = {
  float32: Float32Array,
  float64: Float64Array,
  float16: float16Array,
  int8: Int8Array,
  int16: Int16Array,
  int32: Int32Array,
  int64: BigInt64Array,
  uint8: Uint8Array,
  uint16: Uint16Array,
  uint32: Uint32Array,
  uint64: BigUint64Array,
  bool: Uint8Array,
}

/** An onnxruntime tensor over the same bytes; they must start on a multiple of the element size. */
export function toOrtTensor({ type, dims, data }: EngineTensor): Tensor {
  const elements = dims.reduce((product, dim) => product * dim, 1)
  const values = new arrays[type](data.buffer, data.byteOffset, elements)
  return new Tensor(type, values as Tensor.DataTypeMap[typeof type], dims)
}

/**
 * The bytes of an onnxruntime tensor, not copied.
 *
 * @throws {EngineError} ERR_ENGINE_RUN for element types that are not carried, such as strings
 */
export function fromOrtTensor(name: string, tensor: Tensor): EngineTensor {
  if (!Object.hasOwn(arrays, tensor.type)) {
    const message = `output "${name}" has elements of type ${tensor.type}, which are not carried`
    throw new EngineError('ERR_ENGINE_RUN', message)
  }
  const { buffer, byteOffset, byteLength } = tensor.data as TypedArray
  return {
    type: tensor.type as ElementTypeName,
    dims: tensor.dims,
    data: new Uint8Array(buffer, byteOffset, byteLength),
  }
}
