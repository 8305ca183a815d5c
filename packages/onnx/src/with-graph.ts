import { create } from '@bufbuild/protobuf'
import { type GraphProto, type ModelProto, ModelProtoSchema } from './generated/onnx_pb.ts'

/**
 * The same model around another graph: operator sets, functions, metadata and unknown fields stay.
 * Only the outermost message is new.
 */
export function withGraph(model: ModelProto, graph: GraphProto): ModelProto {
  const { irVersion, producerName, producerVersion, opsetImport, metadataProps, functions } = model
  const kept = { irVersion, producerName, producerVersion, opsetImport, metadataProps, functions }
  const copy = create(ModelProtoSchema, { ...kept, graph })
  if (model.$unknown) copy.$unknown = model.$unknown
  return copy
}
