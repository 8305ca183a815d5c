import { create } from '@bufbuild/protobuf'
import {
  type ModelProto,
  ModelProtoSchema,
  type NodeProto,
  type TensorProto,
  type ValueInfoProto,
} from './generated/onnx_pb.ts'

/** What a model is made of; the messages are used as they are, not copied. */
export interface ModelParts {
  /** Name of the graph. */
  readonly name: string
  /** Nodes, each after the nodes whose outputs it reads. */
  readonly nodes: readonly NodeProto[]
  readonly inputs: readonly ValueInfoProto[]
  readonly outputs: readonly ValueInfoProto[]
  readonly initializers?: readonly TensorProto[]
  /** Types and shapes of tensors between inputs and outputs. */
  readonly valueInfo?: readonly ValueInfoProto[]
  /** Version of the default operator set; 17 unless given. */
  readonly opset?: number
  /** Version of the file format; 8 unless given. */
  readonly irVersion?: number
}

/** A model of one graph that imports the default operator set. */
export function makeModel(parts: ModelParts): ModelProto {
  return create(ModelProtoSchema, {
    irVersion: BigInt(parts.irVersion ?? 8),
    producerName: 'cocoi',
    opsetImport: [{ domain: '', version: BigInt(parts.opset ?? 17) }],
    graph: {
      name: parts.name,
      node: [...parts.nodes],
      initializer: [...(parts.initializers ?? [])],
      input: [...parts.inputs],
      output: [...parts.outputs],
      valueInfo: [...(parts.valueInfo ?? [])],
    },
  })
}
