import { create } from '@bufbuild/protobuf'
import { ElementType, type ElementTypeName } from './element-type.ts'
import { OnnxError } from './errors.ts'
import { type TensorProto, TensorProtoSchema } from './generated/onnx_pb.ts'
import { dimsToWire, tensorByteLength } from './shape.ts'

/**
 * A tensor with inline data.
 *
 * @param raw little-endian bytes, row-major; not copied
 * @throws {OnnxError} ERR_ONNX_TENSOR_SIZE if the bytes do not fill the shape, ERR_ONNX_SHAPE,
 *   ERR_ONNX_ELEMENT_TYPE
 */
export function makeTensor(
  name: string,
  type: ElementTypeName,
  dims: readonly number[],
  raw: Uint8Array,
): TensorProto {
  const wireDims = dimsToWire(name, dims)
  const dataType = ElementType[type]
  const need = tensorByteLength(dataType, dims)
  if (raw.length !== need) {
    const message = `tensor "${name}" of ${type} [${dims}] needs ${need} bytes, got ${raw.length}`
    throw new OnnxError('ERR_ONNX_TENSOR_SIZE', message)
  }
  const rawData = new Uint8Array(raw.buffer, raw.byteOffset, raw.byteLength)
  return create(TensorProtoSchema, { name, dataType, dims: wireDims, rawData })
}

/** A float32 tensor over the memory of `values`, which is not copied. */
export function floatTensor(
  name: string,
  dims: readonly number[],
  values: Float32Array,
): TensorProto {
  const raw = new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
  return makeTensor(name, 'float32', dims, raw)
}

/** A one-dimensional int64 tensor, the form in which ONNX passes axes, shapes and pads. */
export function int64Tensor(name: string, values: readonly number[]): TensorProto {
  const raw = new Uint8Array(BigInt64Array.from(values, BigInt).buffer)
  return makeTensor(name, 'int64', [values.length], raw)
}

/** A float32 tensor without dimensions. */
export function scalarFloat(name: string, value: number): TensorProto {
  return floatTensor(name, [], Float32Array.of(value))
}
