import type { AttributeProto, NodeProto } from './generated/onnx_pb.ts'

const decoder = new TextDecoder()

function find(node: NodeProto, name: string): AttributeProto | undefined {
  return node.attribute.find(attribute => attribute.name === name)
}

/** Value of an INT attribute, or `fallback` if the node does not have it. */
export function intAttribute(node: NodeProto, name: string, fallback: number): number {
  const attribute = find(node, name)
  return attribute ? Number(attribute.i) : fallback
}

/** Values of an INTS attribute, or undefined if the node does not have it. */
export function intsAttribute(node: NodeProto, name: string): number[] | undefined {
  return find(node, name)?.ints.map(Number)
}

/** Value of a STRING attribute, or `fallback` if the node does not have it. */
export function stringAttribute(node: NodeProto, name: string, fallback: string): string {
  const attribute = find(node, name)
  return attribute ? decoder.decode(attribute.s) : fallback
}
