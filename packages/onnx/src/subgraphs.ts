import type { GraphProto, NodeProto } from './generated/onnx_pb.ts'

/** Graphs that the node runs inside itself: the branches of an If, the body of a Loop or Scan. */
export function subgraphsOf(node: NodeProto): GraphProto[] {
  return node.attribute.flatMap(({ g, graphs }) => (g ? [g, ...graphs] : graphs))
}

/** Whether the node holds graphs (If, Loop, Scan), which may read tensors that are not its inputs. */
export function hasSubgraph(node: NodeProto): boolean {
  return subgraphsOf(node).length > 0
}

/**
 * Every tensor that must exist before the node can run: its inputs, without those left out, and the
 * names that its subgraphs capture from the graph around it.
 */
export function nodeInputs(node: NodeProto): string[] {
  const inputs = node.input.filter(name => name !== '')
  return [...new Set([...inputs, ...subgraphsOf(node).flatMap(captured)])]
}

function captured(graph: GraphProto): string[] {
  const own = new Set(graph.node.flatMap(node => node.output))
  for (const { name } of [...graph.input, ...graph.initializer]) own.add(name)
  const reads = [...graph.node.flatMap(nodeInputs), ...graph.output.map(({ name }) => name)]
  return reads.filter(name => !own.has(name))
}
