import { toBinary } from '@bufbuild/protobuf'
import { OnnxError } from './errors.ts'
import { type ModelProto, ModelProtoSchema } from './generated/onnx_pb.ts'

/** Largest message that protobuf readers accept. */
const maxMessageBytes = 2 ** 31 - 1

/**
 * The bytes of a model file, fields the IR does not know included. The same model always gives the
 * same bytes.
 *
 * @throws {OnnxError} ERR_ONNX_TOO_LARGE if the weights alone exceed protobuf's 2 GiB
 */
export function serializeModel(model: ModelProto): Uint8Array {
  const initializers = model.graph?.initializer ?? []
  const weightBytes = initializers.reduce((total, tensor) => total + tensor.rawData.length, 0)
  if (weightBytes > maxMessageBytes) {
    const message = `${weightBytes} bytes of weights exceed the ${maxMessageBytes} bytes of one protobuf message`
    throw new OnnxError(
      'ERR_ONNX_TOO_LARGE',
      `${message}; keep them as external data (setExternal)`,
    )
  }
  return toBinary(ModelProtoSchema, model)
}
