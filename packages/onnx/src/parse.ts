import { fromBinary } from '@bufbuild/protobuf'
import { OnnxError } from './errors.ts'
import { type ModelProto, ModelProtoSchema } from './generated/onnx_pb.ts'
import { checkOutline } from './outline.ts'

/**
 * Reads an ONNX model file.
 *
 * Tensor data is not copied: every `rawData` is a view into `bytes`, so leave them unchanged while
 * the model is in use. Fields that the IR does not know are kept and written back.
 *
 * @throws {OnnxError} ERR_ONNX_TRUNCATED if the file ends inside one of its parts, ERR_NOT_ONNX if
 *   it is something else, is damaged, or has no graph
 */
export function parseModel(bytes: Uint8Array): ModelProto {
  const plain = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  checkOutline(plain)
  const model = decode(plain)
  if (model.graph) return model
  const message = `the ${bytes.length} bytes hold no graph: this is not an ONNX model, or only its start`
  throw new OnnxError('ERR_NOT_ONNX', message)
}

function decode(bytes: Uint8Array): ModelProto {
  try {
    return fromBinary(ModelProtoSchema, bytes)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    const message = `the file looks like an ONNX model but its graph is damaged (${reason})`
    throw new OnnxError('ERR_NOT_ONNX', message, { cause })
  }
}
