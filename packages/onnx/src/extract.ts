import { create } from '@bufbuild/protobuf'
import { elementTypeName } from './element-type.ts'
import { OnnxError } from './errors.ts'
import {
  type GraphProto,
  GraphProtoSchema,
  type ModelProto,
  type NodeProto,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from './generated/onnx_pb.ts'
import { makeValueInfo } from './make-value-info.ts'
import { nodeInputs } from './subgraphs.ts'
import { valueInfos } from './tensor-shapes.ts'
import { withGraph } from './with-graph.ts'

/** The tensors between which a model is cut out. */
export interface Extraction {
  /** Tensors that the extracted model is fed; each becomes a graph input, in this order. */
  readonly inputs: readonly string[]
  /** Tensors that the extracted model gives; each becomes a graph output, in this order. */
  readonly outputs: readonly string[]
  /** Name of the new graph; that of the old one unless given. */
  readonly name?: string
}

/**
 * The part of a model that computes `outputs` from `inputs`: the nodes in between, in their old
 * order, the initializers these read, and what is known of the types of their tensors. Operator
 * sets, functions and metadata stay. Messages are shared with the original, not copied.
 *
 * @throws {OnnxError} ERR_ONNX_UNREACHABLE if an output needs a tensor that is neither computed nor
 *   given, or an input does not exist; ERR_ONNX_NO_TYPE if the type of an input is not known
 */
export function extractModel(model: ModelProto, extraction: Extraction): ModelProto {
  const graph = model.graph ?? create(GraphProtoSchema)
  const infos = new Map(valueInfos(model).map(info => [info.name, info]))
  const { nodes, reads } = between(graph, extraction)
  const boundary = new Set([...extraction.inputs, ...extraction.outputs])
  const interior = nodes.flatMap(node => node.output).filter(name => !boundary.has(name))
  const extracted = create(GraphProtoSchema, {
    name: extraction.name ?? graph.name,
    node: nodes,
    initializer: graph.initializer.filter(({ name }) => reads.has(name)),
    input: extraction.inputs.map(name => typed(graph, infos, name)),
    output: extraction.outputs.map(
      name => infos.get(name) ?? create(ValueInfoProtoSchema, { name }),
    ),
    valueInfo: interior.map(name => infos.get(name)).filter(info => info !== undefined),
  })
  return withGraph(model, extracted)
}

/** Nodes that the outputs depend on, up to the inputs, and every name these nodes read. */
function between(
  graph: GraphProto,
  { inputs, outputs }: Extraction,
): { nodes: NodeProto[]; reads: ReadonlySet<string> } {
  const producers = new Map(graph.node.flatMap(node => node.output.map(name => [name, node])))
  const given = new Set(inputs)
  const constants = new Set(graph.initializer.map(({ name }) => name))
  const reads = new Set(outputs.filter(name => !given.has(name)))
  const nodes = new Set<NodeProto>()
  for (const name of reads) {
    const producer = producers.get(name)
    if (!producer && !constants.has(name)) throw unreachable(name, inputs)
    if (!producer || nodes.has(producer)) continue
    nodes.add(producer)
    for (const read of nodeInputs(producer)) if (!given.has(read)) reads.add(read)
  }
  return { nodes: graph.node.filter(node => nodes.has(node)), reads }
}

function typed(
  graph: GraphProto,
  infos: ReadonlyMap<string, ValueInfoProto>,
  name: string,
): ValueInfoProto {
  const info = infos.get(name)
  if (info?.type) return info
  const tensor = graph.initializer.find(initializer => initializer.name === name)
  const type = tensor && elementTypeName(tensor.dataType)
  if (type) return makeValueInfo(name, type, tensor.dims.map(Number))
  const computed = graph.node.some(node => node.output.includes(name))
  if (!computed && !info && !tensor) {
    throw new OnnxError('ERR_ONNX_UNREACHABLE', `the model has no tensor "${name}" to cut at`)
  }
  const message = `the model states no type for "${name}", so it cannot become an input`
  throw new OnnxError('ERR_ONNX_NO_TYPE', `${message}; add its type to value_info first`)
}

function unreachable(name: string, inputs: readonly string[]): OnnxError {
  const given = inputs.map(input => `"${input}"`).join(', ') || 'none'
  const message = `"${name}" is needed but no node computes it and it is not given (inputs: ${given})`
  return new OnnxError('ERR_ONNX_UNREACHABLE', message)
}
