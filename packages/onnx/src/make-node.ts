import { create } from '@bufbuild/protobuf'
import { type NodeProto, NodeProtoSchema } from './generated/onnx_pb.ts'
import { type AttributeValue, makeAttribute } from './make-attribute.ts'

/**
 * A node of a graph.
 *
 * @param opType  operator, for example `'Conv'`
 * @param inputs  tensor names in the operator's order, `''` for an optional input left out
 * @param outputs tensor names in the operator's order
 * @throws {OnnxError} ERR_ONNX_ATTRIBUTE if a plain number among the attributes is not whole
 */
export function makeNode(
  opType: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes: Readonly<Record<string, AttributeValue>> = {},
  options: { name?: string; domain?: string } = {},
): NodeProto {
  return create(NodeProtoSchema, {
    opType,
    input: [...inputs],
    output: [...outputs],
    name: options.name ?? '',
    domain: options.domain ?? '',
    attribute: Object.entries(attributes).map(([name, value]) => makeAttribute(name, value)),
  })
}
