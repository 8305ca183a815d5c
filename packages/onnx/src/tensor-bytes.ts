import { ElementType, elementBytes, elementTypeName } from './element-type.ts'
import { OnnxError } from './errors.ts'
import { externalLocation } from './external-data.ts'
import type { TensorProto } from './generated/onnx_pb.ts'
import { tensorByteLength } from './shape.ts'

/**
 * The inline data of a tensor as little-endian raw bytes, row-major. A view where the model holds
 * raw bytes, new memory where it holds one of the typed fields.
 *
 * @throws {OnnxError} ERR_ONNX_EXTERNAL_DATA if the data is not in the model, ERR_ONNX_TENSOR_SIZE
 *   if it does not fill the shape, ERR_ONNX_SHAPE if that is none, ERR_ONNX_ELEMENT_TYPE for strings
 */
export function tensorBytes(tensor: TensorProto): Uint8Array {
  const external = externalLocation(tensor)
  if (external) {
    const message = `the data of tensor "${tensor.name}" is not in the model but in "${external.location}"`
    throw new OnnxError('ERR_ONNX_EXTERNAL_DATA', `${message}; read ${external.length} bytes there`)
  }
  const need = tensorByteLength(tensor.dataType, tensor.dims.map(Number))
  const bytes = tensor.rawData.length > 0 ? tensor.rawData : typedBytes(tensor)
  if (bytes.length === need) return bytes
  const type = elementTypeName(tensor.dataType)
  const message = `tensor "${tensor.name}" of ${type} [${tensor.dims}] needs ${need} bytes, has ${bytes.length}`
  throw new OnnxError('ERR_ONNX_TENSOR_SIZE', message)
}

type Write<T> = (view: DataView, offset: number, value: T) => void

/** The typed field that holds the elements of a type (comments of ONNX TensorProto), as bytes. */
function typedBytes(tensor: TensorProto): Uint8Array {
  switch (tensor.dataType) {
    case ElementType.float32:
    case ElementType.complex64:
      return pack(tensor.floatData, 4, (view, at, value) => view.setFloat32(at, value, true))
    case ElementType.float64:
    case ElementType.complex128:
      return pack(tensor.doubleData, 8, (view, at, value) => view.setFloat64(at, value, true))
    case ElementType.int64:
      return pack(tensor.int64Data, 8, (view, at, value) => view.setBigInt64(at, value, true))
    case ElementType.uint64:
      return pack(tensor.uint64Data, 8, (view, at, value) => view.setBigUint64(at, value, true))
    case ElementType.uint32:
      return pack(tensor.uint64Data, 4, (view, at, value) =>
        view.setUint32(at, Number(value), true),
      )
    default:
      return packNarrow(tensor)
  }
}

/** int32_data holds all narrower types; of float16 and its like the bits, of 4-bit types a pair. */
function packNarrow(tensor: TensorProto): Uint8Array {
  const width = Math.ceil(elementBytes(tensor.dataType))
  const writers: Record<number, Write<number>> = {
    1: (view, at, value) => view.setInt8(at, value),
    2: (view, at, value) => view.setInt16(at, value, true),
    4: (view, at, value) => view.setInt32(at, value, true),
  }
  return pack(tensor.int32Data, width, writers[width]!)
}

function pack<T>(values: readonly T[], width: number, write: Write<T>): Uint8Array {
  const bytes = new Uint8Array(values.length * width)
  const view = new DataView(bytes.buffer)
  values.forEach((value, index) => {
    write(view, index * width, value)
  })
  return bytes
}
