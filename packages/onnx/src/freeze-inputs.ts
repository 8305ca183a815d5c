import { create } from '@bufbuild/protobuf'
import { GraphProtoSchema, type ModelProto } from './generated/onnx_pb.ts'
import { nodeInputs } from './subgraphs.ts'
import { withGraph } from './with-graph.ts'

/** First version of the format in which an initializer need not be a graph input too (ONNX IR). */
const freeInitializers = 4n

/**
 * The same model with constant weights: initializers are no longer graph inputs, which the caller
 * could override, so that the runtime may fold them. Inputs that nothing reads go too: folding
 * leaves such inputs behind when it removes their initializer, and the runtime then asks for them.
 */
export function freezeInputs(model: ModelProto): ModelProto {
  const graph = model.graph ?? create(GraphProtoSchema)
  const constants = new Set(graph.initializer.map(({ name }) => name))
  const reads = new Set(graph.node.flatMap(nodeInputs))
  for (const { name } of graph.output) reads.add(name)
  const input = graph.input.filter(({ name }) => reads.has(name) && !constants.has(name))
  const { name, node, initializer, output, valueInfo } = graph
  const copy = create(GraphProtoSchema, { name, node, initializer, input, output, valueInfo })
  if (graph.$unknown) copy.$unknown = graph.$unknown
  const frozen = withGraph(model, copy)
  if (frozen.irVersion < freeInitializers) frozen.irVersion = freeInitializers
  return frozen
}
