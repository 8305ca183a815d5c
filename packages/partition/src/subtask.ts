import {
  ElementType,
  type ModelProto,
  makeModel,
  makeValueInfo,
  type TensorProto,
} from '@cocoi/onnx'
import { GraphDraft } from './draft.ts'
import { PartitionError } from './errors.ts'
import {
  codedInputShape,
  codedOutputShape,
  cropInterval,
  layoutOf,
  type StageInput,
  type StageLayout,
} from './layout.ts'
import {
  type Axis,
  dimensionOf,
  findLinearConvs,
  type LinearConv,
  pieceAttributes,
} from './linear-conv.ts'
import { opsetOf } from './opset.ts'
import { castTo, type TransportType } from './transport-type.ts'

/** What a device has to know to build its subtask graph out of the model it holds. */
export interface LinearStageSpec {
  readonly id: number
  readonly kind: 'linear'
  /** Output names of the stage's convolutions; they name the nodes of the model. */
  readonly outputs: readonly string[]
  readonly axis: Axis
  /** Output rows (or columns) of a piece. */
  readonly length: number
}

/** The whole model as one stage: its inputs go to one device, its outputs come back. */
export interface WholeStageSpec {
  readonly id: number
  readonly kind: 'whole'
}

export type StageSpec = LinearStageSpec | WholeStageSpec

/** A subtask graph and the order of its tensors in a frame. */
export interface SubtaskGraph {
  readonly model: ModelProto
  readonly inputs: readonly { name: string; shape: readonly number[] }[]
  readonly outputs: readonly { name: string; shape: readonly number[] }[]
  /** Scalar float32 output with the largest absolute value of the result; float16 transport only. */
  readonly peak: string | undefined
}

/** Name of the scalar output that tells the largest absolute value of a subtask's result. */
const peakName = 'cocoi/peak'

/**
 * The model that a device runs for one row of a stage: cast → convolutions without bias → cast.
 * It is the same for every row, since all coded inputs have one shape.
 *
 * @throws {PartitionError} ERR_UNKNOWN_STAGE if the model has no such convolution
 */
export function subtaskGraph(
  model: ModelProto,
  spec: LinearStageSpec,
  transport: TransportType,
): SubtaskGraph {
  const layout = layoutOf(spec.id, spec.axis, resolveConvs(model, spec))
  const opset = opsetOf(model)
  const draft = new GraphDraft(opset)
  const results = layout.inputs.flatMap((input, i) =>
    addConvs(draft, layout, { input, name: `x${i}`, length: spec.length, transport }),
  )
  const inputs = layout.inputs.map((input, i) => ({
    name: `x${i}`,
    shape: codedInputShape(input, spec.axis, spec.length),
  }))
  const outputs = layout.convs.map(conv => ({
    name: conv.output,
    shape: codedOutputShape(conv, spec.axis, spec.length),
  }))
  const peak = transport === 'float16' ? addPeak(draft, results) : undefined
  const scalars = peak ? [makeValueInfo(peak, 'float32', [])] : []
  const subtask = makeModel({
    name: `stage${spec.id}`,
    nodes: draft.nodes,
    inputs: inputs.map(({ name, shape }) => makeValueInfo(name, transport, [...shape])),
    outputs: [
      ...outputs.map(({ name, shape }) => makeValueInfo(name, transport, [...shape])),
      ...scalars,
    ],
    initializers: [...weightsOf(model, layout), ...draft.initializers],
    opset,
  })
  return { model: subtask, inputs, outputs, peak }
}

function resolveConvs(model: ModelProto, spec: LinearStageSpec): LinearConv[] {
  const convs = new Map(findLinearConvs(model).convs.map(conv => [conv.output, conv]))
  return spec.outputs.map(output => {
    const conv = convs.get(output)
    if (conv) return conv
    const message = `stage ${spec.id} names the convolution "${output}", which this model does not have`
    throw new PartitionError('ERR_UNKNOWN_STAGE', message)
  })
}

/** Convolutions of one coded input; returns the float32 tensors, before the cast to wire type. */
function addConvs(
  draft: GraphDraft,
  layout: StageLayout,
  options: { input: StageInput; name: string; length: number; transport: TransportType },
): string[] {
  const { input, name, length, transport } = options
  const wide = transport === 'float32'
  const source = wide
    ? name
    : draft.add('Cast', [name], `${name}/float`, { to: ElementType.float32 })
  const height = codedInputShape(input, layout.axis, length)[dimensionOf[layout.axis]]!
  return input.convs.map(conv => {
    const crop = cropInterval(input, layout.axis, { conv, length })
    const whole = crop.begin === 0 && crop.end === height
    const cut = { axis: layout.axis, ...crop }
    const own = whole ? source : draft.slice(source, `${conv.output}/in`, cut)
    const result = wide ? conv.output : `${conv.output}/float`
    draft.add('Conv', [own, conv.weight], result, pieceAttributes(conv, layout.axis))
    if (!wide) draft.add('Cast', [result], conv.output, castTo(transport))
    return result
  })
}

function addPeak(draft: GraphDraft, results: readonly string[]): string {
  const scalars = results.map(name => draft.peak(name, `${name}/peak`))
  return draft.add('Max', scalars, peakName)
}

function weightsOf(model: ModelProto, layout: StageLayout): TensorProto[] {
  const names = new Set(layout.convs.map(conv => conv.weight))
  return model.graph!.initializer.filter(tensor => names.has(tensor.name))
}
