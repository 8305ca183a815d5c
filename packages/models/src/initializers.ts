import type { GraphProto, TensorProto } from '@cocoi/onnx'

/** Every initializer of a graph, those of the graphs inside its nodes (If, Loop) included. */
export function allInitializers(graph: GraphProto): TensorProto[] {
  return [...graph.initializer, ...innerGraphs(graph).flatMap(allInitializers)]
}

/** Puts others in the place of some of these initializers. */
export function replaceInitializers(
  graph: GraphProto,
  others: ReadonlyMap<TensorProto, TensorProto>,
): void {
  graph.initializer = graph.initializer.map(tensor => others.get(tensor) ?? tensor)
  for (const inner of innerGraphs(graph)) replaceInitializers(inner, others)
}

/**
 * Keeps the last of several initializers of one name, in place. onnxruntime 1.30 saves those of
 * graphs inside nodes twice, first as they were and then as external data, and refuses that itself.
 */
export function dropRepeatedInitializers(graph: GraphProto): void {
  graph.initializer = [...new Map(graph.initializer.map(tensor => [tensor.name, tensor])).values()]
  for (const inner of innerGraphs(graph)) dropRepeatedInitializers(inner)
}

function innerGraphs(graph: GraphProto): GraphProto[] {
  const attributes = graph.node.flatMap(node => node.attribute)
  return attributes.flatMap(({ g, graphs }) => (g ? [g, ...graphs] : graphs))
}
