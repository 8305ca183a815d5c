import { type Code, createCode, type Scheme, worstAmplification } from '@cocoi/coding'
import type { ModelProto } from '@cocoi/onnx'
import {
  type Axis,
  codedInputShape,
  codedOutputShape,
  findLinearConvs,
  type LinearConv,
  type LocalConv,
  layoutStages,
  type Split,
  type StageLayout,
  splitExtent,
  type TransportType,
} from '@cocoi/partition'
import { resolveScheme, withPieces } from './resolve-scheme.ts'
import type { SchemeRequest } from './scheme-request.ts'

/** What a plan is made for. */
export interface PlanOptions {
  readonly scheme: SchemeRequest
  readonly devices: number
  readonly axis: Axis
  readonly transport: TransportType
  /** Layers below this many operations per byte on the wire stay local. */
  readonly minIntensity: number
  /** Noise amplification up to which survivors are decoded; only for a note to the user. */
  readonly maxAmplification?: number
}

/** One stage: the layers, the cut, the code and what they cost. */
export interface StagePlan {
  readonly layout: StageLayout
  readonly split: Split
  readonly code: Code
  /** Payload of one coded input and one coded output. */
  readonly subtaskBytes: { readonly out: number; readonly in: number }
  /** Operations of one subtask. */
  readonly subtaskFlops: number
}

/** How a model is going to be run, and why. */
export interface ModelPlan {
  readonly kind: 'local' | 'whole' | 'stages'
  readonly stages: readonly StagePlan[]
  readonly local: readonly LocalConv[]
  readonly transport: TransportType
  readonly notes: readonly string[]
}

/**
 * Chooses what is distributed and how. The scheme is the user's; a convolution is distributed
 * when it is linear, has rows to share and does enough work per byte that it moves.
 */
export function planModel(model: ModelProto, options: PlanOptions): ModelPlan {
  const { scheme: request, devices, transport } = options
  if (request.type === 'local') return nothing('local', transport, [])
  if (request.type === 'whole') {
    if (devices > 0) return nothing('whole', transport, [])
    return nothing('local', transport, ['no device is here: computed locally'])
  }
  const { scheme, note } = resolveScheme(request, devices)
  const notes = note ? [note] : []
  if (!scheme) return nothing('local', transport, notes)
  const { convs, local } = chooseConvs(model, options)
  const layouts = layoutStages(model.graph!, convs, options.axis)
  const stages = layouts.map(layout => planStage(layout, scheme, transport))
  if (stages.length === 0) notes.push('no layer can be shared with gain: computed locally')
  notes.push(...noiseNotes(stages, options))
  return { kind: stages.length > 0 ? 'stages' : 'local', stages, local, transport, notes }
}

/** The convolutions worth distributing, and why the other layers stay. */
function chooseConvs(
  model: ModelProto,
  options: PlanOptions,
): { convs: LinearConv[]; local: LocalConv[] } {
  const found = findLinearConvs(model)
  const judged = found.convs.map(conv => ({ conv, reason: reasonToStay(conv, options) }))
  const convs = judged.filter(({ reason }) => reason === undefined).map(({ conv }) => conv)
  const stay = judged.flatMap(({ conv, reason }) =>
    reason ? [{ output: conv.output, opType: 'Conv', reason }] : [],
  )
  return { convs, local: [...found.local, ...stay] }
}

/** Says so when a code is so noisy that losing its worst rows costs a result more than k. */
function noiseNotes(stages: readonly StagePlan[], options: PlanOptions): string[] {
  const { maxAmplification: limit = Number.POSITIVE_INFINITY, transport } = options
  const codes = new Map(stages.map(({ code }) => [JSON.stringify(code.scheme), code]))
  return [...codes.values()].flatMap(code => {
    const { amplification } = worstAmplification(code, { maxSets: 200 })
    if (amplification <= limit) return []
    const times = Math.round(amplification)
    return [
      `${code.scheme.type}:${code.n},${code.k} amplifies rounding errors up to ${times} times; beyond ${limit} ` +
        `times ${transport} results are not decoded but more of them awaited`,
    ]
  })
}

function nothing(
  kind: 'local' | 'whole',
  transport: TransportType,
  notes: readonly string[],
): ModelPlan {
  return { kind, stages: [], local: [], transport, notes }
}

function reasonToStay(conv: LinearConv, options: PlanOptions): string | undefined {
  const extent = conv.outputShape[options.axis === 'rows' ? 2 : 3]!
  if (extent < 2) return `it has ${extent} of the ${options.axis} to share`
  if (conv.flops === 0) return 'it is empty'
  const bytes = (count(conv.inputShape) + count(conv.outputShape)) * elementBytes[options.transport]
  const intensity = conv.flops / bytes
  if (intensity >= options.minIntensity) return undefined
  return `${intensity.toFixed(1)} operations per byte on the wire, worth sending from ${options.minIntensity}`
}

function planStage(layout: StageLayout, scheme: Scheme, transport: TransportType): StagePlan {
  const split = splitExtent(layout.extent, scheme.k)
  const code = createCode(withPieces(scheme, split.starts.length))
  const bytes = elementBytes[transport]
  const { axis, convs, inputs } = layout
  const sum = (shapes: number[][]) =>
    shapes.reduce((total, shape) => total + count(shape), 0) * bytes
  const out = sum(inputs.map(input => codedInputShape(input, axis, split.length)))
  const back = sum(convs.map(conv => codedOutputShape(conv, axis, split.length)))
  const subtaskFlops = (layout.flops * split.length) / layout.extent
  return { layout, split, code, subtaskBytes: { out, in: back }, subtaskFlops }
}

const elementBytes: Readonly<Record<TransportType, number>> = { float16: 2, float32: 4 }

function count(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1)
}
