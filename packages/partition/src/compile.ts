import {
  type GraphProto,
  type ModelProto,
  makeModel,
  makeValueInfo,
  type NodeProto,
  tensorShapes,
  topologicalOrder,
} from '@cocoi/onnx'
import { addAssembly, remoteName } from './assemble.ts'
import { GraphDraft } from './draft.ts'
import { addEncoding, type CodedStage, type EncodedInput } from './encode.ts'
import { codedOutputShape } from './layout.ts'
import { opsetOf } from './opset.ts'
import { cutSegments, type Segment } from './segments.ts'
import type { StageSpec } from './subtask.ts'
import type { TransportType } from './transport-type.ts'

/** One convolution of a stage as the coordinator receives it: k pieces of this shape. */
export interface StageOutput {
  readonly name: string
  /** Tensor [k·N, M, h, w] of the decoded pieces in wire type: piece j is block j of the first axis. */
  readonly pieces: string
  /** Shape [N, M, h, w] of one piece; undefined where only the device will know it. */
  readonly shape: readonly number[] | undefined
}

/** One stage of a program: what to run before it, what to send, what comes back. */
export interface Step {
  readonly head: Segment | undefined
  readonly side: Segment | undefined
  readonly spec: StageSpec
  readonly inputs: readonly EncodedInput[]
  readonly outputs: readonly StageOutput[]
  /** Scalar tensor with the largest encoded value; float16 transport only. */
  readonly peak: string | undefined
}

/** A model rewritten for distribution: the stages in order, and what remains at the end. */
export interface Program {
  readonly steps: readonly Step[]
  readonly tail: Segment | undefined
}

/**
 * Rewrites a model for its stages. Every distributed convolution is replaced by the assembly of
 * its decoded pieces, every stage gets its encoding nodes, and the result is cut into segments;
 * the numbers that flow are those of the original model.
 *
 * @param model normalised, with static shapes in value_info
 * @param stages in order, see `layoutStages`
 */
export function compile(
  model: ModelProto,
  stages: readonly CodedStage[],
  transport: TransportType,
): Program {
  const draft = new GraphDraft(opsetOf(model))
  const constants = new Map(model.graph!.initializer.map(tensor => [tensor.name, tensor]))
  const encodings = stages.map(stage => {
    for (const conv of stage.layout.convs) {
      const bias = conv.bias === undefined ? undefined : constants.get(conv.bias)
      addAssembly(draft, stage, { conv, bias, transport })
    }
    return addEncoding(draft, stage, transport)
  })
  const outputs = stages.map(stage => stageOutputs(stage))
  const rewritten = rewrite(model, { draft, stages, outputs, transport })
  const tensors = stages.map((_, i) => ({
    needs: encodingNames(encodings[i]!),
    gives: outputs[i]!.map(output => output.pieces),
  }))
  const names = model.graph!.output.map(({ name }) => name)
  const schedule = cutSegments(rewritten, tensors, names)
  const steps = stages.map((stage, i) => ({
    ...schedule.steps[i]!,
    ...encodings[i]!,
    spec: specOf(stage),
    outputs: outputs[i]!,
  }))
  return { steps, tail: schedule.tail }
}

/** The program that hands the untouched model to one device (k = 1) and computes nothing here. */
export function wholeProgram(model: ModelProto): Program {
  const shapes = tensorShapes(model)
  const constants = new Set(model.graph!.initializer.map(({ name }) => name))
  const inputs = model
    .graph!.input.filter(({ name }) => !constants.has(name))
    .map(({ name }) => ({ pieces: name, parity: undefined, shape: shapes.get(name) ?? [] }))
  const outputs = model.graph!.output.map(({ name }) => ({
    name,
    pieces: name,
    shape: undefined,
  }))
  const spec = { id: 0, kind: 'whole' } as const
  const step = { head: undefined, side: undefined, spec, inputs, outputs, peak: undefined }
  return { steps: [step], tail: undefined }
}

function encodingNames(encoding: ReturnType<typeof addEncoding>): string[] {
  const names = encoding.inputs.flatMap(input => [input.pieces, input.parity])
  return [...names, encoding.peak].filter(name => name !== undefined)
}

function specOf({ layout, split }: CodedStage): StageSpec {
  const outputs = layout.convs.map(conv => conv.output)
  return { id: layout.id, kind: 'linear', outputs, axis: layout.axis, length: split.length }
}

function stageOutputs({ layout, split }: CodedStage): StageOutput[] {
  return layout.convs.map(conv => ({
    name: conv.output,
    pieces: remoteName(conv.output),
    shape: codedOutputShape(conv, layout.axis, split.length),
  }))
}

interface Rewriting {
  readonly draft: GraphDraft
  readonly stages: readonly CodedStage[]
  readonly outputs: readonly (readonly StageOutput[])[]
  readonly transport: TransportType
}

/** The model with its distributed convolutions replaced, its nodes in topological order. */
function rewrite(model: ModelProto, { draft, stages, outputs, transport }: Rewriting): ModelProto {
  const graph = model.graph!
  const distributed = new Set<NodeProto>(
    stages.flatMap(stage => stage.layout.convs.map(conv => conv.node)),
  )
  const kept = graph.node.filter(node => !distributed.has(node))
  const remotes = stages.flatMap(({ split }, i) =>
    outputs[i]!.map(({ pieces, shape: [blocks, ...block] = [] }) =>
      makeValueInfo(pieces, transport, [split.starts.length * blocks!, ...block]),
    ),
  )
  const rewritten = makeModel({
    name: graph.name,
    nodes: [...kept, ...draft.nodes],
    inputs: [...graph.input, ...remotes],
    outputs: graph.output,
    initializers: [...graph.initializer, ...draft.initializers],
    valueInfo: [...graph.valueInfo, ...draft.valueInfo],
  })
  rewritten.opsetImport = model.opsetImport
  rewritten.functions = model.functions
  rewritten.graph!.node = topologicalOrder(rewritten.graph as GraphProto)
  return rewritten
}
