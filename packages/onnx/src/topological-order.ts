import { OnnxError } from './errors.ts'
import type { GraphProto, NodeProto } from './generated/onnx_pb.ts'
import { nodeInputs } from './subgraphs.ts'

/**
 * The nodes of a graph, each after the nodes whose outputs it reads (subgraphs included). A node
 * moves only as far as it must: nodes that are in order already keep their order.
 *
 * @throws {OnnxError} ERR_ONNX_CYCLE, with the tensors of one cycle
 */
export function topologicalOrder(graph: GraphProto): NodeProto[] {
  const producers = new Map(graph.node.flatMap(node => node.output.map(name => [name, node])))
  const ordered = new Set<NodeProto>()
  for (const node of graph.node) place(node, producers, ordered)
  return [...ordered]
}

interface Visit {
  readonly node: NodeProto
  readonly pending: string[]
}

/** Appends a node after all that it depends on; iterative, as graphs may be thousands deep. */
function place(
  start: NodeProto,
  producers: ReadonlyMap<string, NodeProto>,
  ordered: Set<NodeProto>,
): void {
  const path: Visit[] = [visit(start)]
  const open = new Set([start])
  for (let last = path.at(-1); last; last = path.at(-1)) {
    const name = last.pending.pop()
    if (name === undefined) {
      ordered.add(last.node)
      open.delete(last.node)
      path.pop()
      continue
    }
    const producer = producers.get(name)
    if (!producer || ordered.has(producer)) continue
    if (open.has(producer)) throw cycle(path, producer)
    open.add(producer)
    path.push(visit(producer))
  }
}

function visit(node: NodeProto): Visit {
  return { node, pending: nodeInputs(node).reverse() }
}

function cycle(path: readonly Visit[], producer: NodeProto): OnnxError {
  const nodes = path.slice(path.findIndex(({ node }) => node === producer)).map(({ node }) => node)
  const tensors = nodes.map(node => `"${node.output[0]}"`).slice(0, 5)
  const message = `${nodes.length} nodes wait for each other in a cycle: ${tensors.join(' needs ')}`
  return new OnnxError('ERR_ONNX_CYCLE', message)
}
