import { type Code, worstAmplification } from '@cocoi/coding'
import type { ModelProto } from '@cocoi/onnx'
import {
  type Axis,
  findLinearConvs,
  type LinearConv,
  type LocalConv,
  layoutStages,
  type Split,
  type StageLayout,
  type TransportType,
} from '@cocoi/partition'
import { choosePieces } from './choose-pieces.ts'
import { choosePlan } from './choose-plan.ts'
import { codeStage } from './code-stage.ts'
import { Codes } from './codes.ts'
import { Draws } from './draws.ts'
import { PlannerError } from './errors.ts'
import { type Goal, soonest } from './goal.ts'
import type { Hindsight, PlanKind } from './hindsight.ts'
import { localLoad, type PlanLoad, planLoad, wholeLoad } from './plan-load.ts'
import { type ModelPrediction, predictModel } from './predict-model.ts'
import type { Fleet } from './profile.ts'
import { fleetOf } from './profiles.ts'
import { resolveScheme } from './resolve-scheme.ts'
import { isLeftToPlanner, type SchemeRequest, type SharingRequest } from './scheme-request.ts'
import { codedElements, type LoadOptions, wireBytes } from './stage-load.ts'
import type { Surroundings } from './stage-options.ts'
import { WorkGraph } from './work-graph.ts'

/** What a plan is made for. */
export interface PlanOptions {
  readonly scheme: SchemeRequest
  readonly devices: number
  readonly axis: Axis
  readonly transport: TransportType
  /** Layers below this many operations per byte on the wire stay local. */
  readonly minIntensity: number
  /** Noise amplification up to which survivors are decoded. @default 30 for float16, else 60 */
  readonly maxAmplification?: number
  /** What is known of the devices. @default that many of the profile pi4-gbe */
  readonly fleet?: Fleet
  /** What `auto` chooses for. @default latency */
  readonly goal?: Goal
  /** What plans under `auto` have taken so far. @default nothing is known */
  readonly hindsight?: Hindsight
  /** Of the samples. @default 1 */
  readonly seed?: number
  /** Whether k* of coded stages is looked for, which takes longer than all the rest. @default false */
  readonly sweep?: boolean
}

/** One stage: the layers, the cut, the code and what they cost. */
export interface StagePlan {
  readonly layout: StageLayout
  readonly split: Split
  readonly code: Code
  /** Rows of each device, in the order of the fleet; undefined where all have the same share. */
  readonly rowsPerDevice: readonly number[] | undefined
  /** Payload of one coded input and one coded output. */
  readonly subtaskBytes: { readonly out: number; readonly in: number }
  /** Operations of one subtask. */
  readonly subtaskFlops: number
}

/** How a model is going to be run, why, and how long that is predicted to take. */
export interface ModelPlan {
  readonly kind: PlanKind
  readonly stages: readonly StagePlan[]
  readonly local: readonly LocalConv[]
  readonly transport: TransportType
  readonly notes: readonly string[]
  /** The plan as numbers. */
  readonly load: PlanLoad
  /** Why the planner has chosen it; undefined where it was asked for. */
  readonly why: string | undefined
  /** Mean that `auto` has predicted for it; undefined where something else was asked for. */
  readonly predictedMs: number | undefined
  /** Draws some hundred inferences; tens of milliseconds for a large model. */
  predict(): ModelPrediction
}

/**
 * Chooses what is distributed and how. Under `auto` that is whatever is predicted to be fastest. Any
 * other scheme is the user's; a convolution is then distributed when it is linear, has rows to
 * share and does enough work per byte that it moves.
 *
 * @throws {PlannerError} ERR_BAD_FLEET if the fleet has another number of devices
 */
export function planModel(model: ModelProto, options: PlanOptions): ModelPlan {
  const planning = prepare(model, options)
  const { scheme: request, devices } = options
  if (request.type === 'local') return nothing('local', planning, [])
  if (request.type === 'whole') {
    if (devices > 0) return nothing('whole', planning, [])
    return nothing('local', planning, ['no device is here: computed locally'])
  }
  if (request.type === 'auto') return planBest(planning)
  if (devices < 2) {
    const note = `a layer is shared by two devices or more, ${devices} here: computed locally`
    return nothing('local', planning, [note])
  }
  return planCoded(request, planning)
}

/** Distributes what is worth it, under a scheme that the user asked for. */
function planCoded(request: SharingRequest, planning: Planning): ModelPlan {
  const { model, options, graph } = planning
  const { convs, local } = chooseConvs(model, options)
  const layouts = layoutStages(model.graph!, convs, options.axis)
  if (layouts.length === 0) {
    const notes = ['no layer can be shared with gain: computed locally']
    return finish(planning, { stages: [], local, notes })
  }
  const surroundings = surroundingsOf(planning)
  if (isLeftToPlanner(request)) {
    const chosen = choosePieces({ graph, layouts, surroundings })
    return finish(planning, { ...chosen, local, notes: noiseNotes(chosen.stages, options) })
  }
  const { scheme, note } = resolveScheme(request, options.devices)
  const stages = layouts.map(layout => codeStage(layout, scheme, surroundings))
  const notes = [...(note ? [note] : []), ...noiseNotes(stages, options)]
  return finish(planning, { stages, local, notes })
}

/** What planning needs beside the options. */
export interface Planning {
  readonly model: ModelProto
  readonly options: PlanOptions
  readonly graph: WorkGraph
  readonly fleet: Fleet
  readonly draws: Draws
  readonly codes: Codes
}

/** @throws {PlannerError} ERR_BAD_FLEET */
export function prepare(model: ModelProto, options: PlanOptions): Planning {
  const { devices, seed = 1 } = options
  const fleet = options.fleet ?? fleetOf('pi4-gbe', devices)
  if (fleet.devices.length !== devices) {
    const message = `a plan for ${devices} devices needs as many profiles, got ${fleet.devices.length}`
    throw new PlannerError('ERR_BAD_FLEET', message)
  }
  const codes = new Codes(amplificationLimit(options))
  const graph = new WorkGraph(model)
  return { model, options, fleet, graph, draws: new Draws(seed), codes }
}

function surroundingsOf({ options, fleet, draws, codes }: Planning): Surroundings {
  return { fleet, transport: options.transport, draws, codes }
}

function planBest(planning: Planning): ModelPlan {
  const { model, options, graph } = planning
  if (options.devices === 0) return nothing('local', planning, [])
  const { axis } = options
  const found = findLinearConvs(model)
  const convs = found.convs.filter(conv => extentOf(conv, axis) > 1 && conv.flops > 0)
  const stay = found.convs.filter(conv => !convs.includes(conv))
  const surroundings = surroundingsOf(planning)
  const isIntense = (conv: LinearConv) => reasonToStay(conv, options) === undefined
  const { goal = soonest, hindsight = {} } = options
  const input = { model, graph, convs, isIntense, axis, surroundings, goal, hindsight }
  const chosen = choosePlan(input)
  if (chosen.kind === 'whole') return nothing('whole', planning, [], chosen)
  const small = stay.map(conv => localConv(conv, reasonToStay(conv, options)!))
  const local = [...found.local, ...small, ...chosen.local]
  return finish(planning, { ...chosen, local, notes: noiseNotes(chosen.stages, options) })
}

/** The plan of these stages, with what it is predicted to take. */
export function finish(
  planning: Planning,
  made: {
    stages: readonly LoadOptions[]
    local: readonly LocalConv[]
    notes: readonly string[]
    why?: string | undefined
    predictedMs?: number | undefined
  },
): ModelPlan {
  const { graph, options } = planning
  const load = planLoad(graph, made.stages)
  const predict = () => predictPlanned(planning, { load, stages: made.stages, why: made.why })
  const stages = made.stages.map(toStagePlan)
  const kind = stages.length > 0 ? 'stages' : 'local'
  const { local, notes, why, predictedMs } = made
  const { transport } = options
  return { kind, stages, local, transport, notes, load, why, predictedMs, predict }
}

function predictPlanned(
  planning: Planning,
  plan: Parameters<typeof predictModel>[0],
): ModelPrediction {
  const { graph, fleet, draws, codes, options } = planning
  return predictModel(plan, graph, { fleet, draws, codes, sweep: options.sweep ?? false })
}

/**
 * Noise amplification A(S) up to which survivors are decoded. A coded layer's error is about A times
 * that of its transport, of which the largest element has several times as much: at most 1 % of a layer
 * in float16, and little enough in float32 for a whole network to stay within 1e-4.
 */
export const amplificationLimits: Readonly<Record<TransportType, number>> = {
  float16: 30,
  float32: 60,
}

function amplificationLimit({ maxAmplification, transport }: PlanOptions): number {
  return maxAmplification ?? amplificationLimits[transport]
}

/** The convolutions worth distributing, and why the other layers stay. */
function chooseConvs(
  model: ModelProto,
  options: PlanOptions,
): { convs: LinearConv[]; local: LocalConv[] } {
  const found = findLinearConvs(model)
  const judged = found.convs.map(conv => ({ conv, reason: reasonToStay(conv, options) }))
  const convs = judged.filter(({ reason }) => reason === undefined).map(({ conv }) => conv)
  const stay = judged.flatMap(({ conv, reason }) => (reason ? [localConv(conv, reason)] : []))
  return { convs, local: [...found.local, ...stay] }
}

/** Says so when a code is so noisy that losing its worst rows costs a result more than k. */
function noiseNotes(stages: readonly LoadOptions[], options: PlanOptions): string[] {
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

/** The plan that distributes no stage. */
export function nothing(
  kind: 'local' | 'whole',
  planning: Planning,
  notes: readonly string[],
  { why, predictedMs }: { why?: string | undefined; predictedMs?: number | undefined } = {},
): ModelPlan {
  const { model, graph, options } = planning
  const load = kind === 'whole' ? wholeLoad(model, graph) : localLoad(graph)
  const predict = () => predictPlanned(planning, { load, stages: [], why })
  const { transport } = options
  return { kind, stages: [], local: [], transport, notes, load, why, predictedMs, predict }
}

function reasonToStay(conv: LinearConv, options: PlanOptions): string | undefined {
  const extent = extentOf(conv, options.axis)
  if (extent < 2) return `it has ${extent} of the ${options.axis} to share`
  if (conv.flops === 0) return 'it is empty'
  const bytes = (count(conv.inputShape) + count(conv.outputShape)) * wireBytes[options.transport]
  const intensity = conv.flops / bytes
  if (intensity >= options.minIntensity) return undefined
  return `${intensity.toFixed(1)} operations per byte on the wire, worth sending from ${options.minIntensity}`
}

function toStagePlan({ layout, split, code, transport, rowsPerDevice }: LoadOptions): StagePlan {
  const coded = codedElements(layout, split.length)
  const bytes = wireBytes[transport]
  const subtaskBytes = { out: coded.input * bytes, in: coded.output * bytes }
  const subtaskFlops = (layout.flops * split.length) / layout.extent
  return { layout, split, code, rowsPerDevice, subtaskBytes, subtaskFlops }
}

function extentOf(conv: LinearConv, axis: Axis): number {
  return conv.outputShape[axis === 'rows' ? 2 : 3]!
}

function localConv({ output }: LinearConv, reason: string): LocalConv {
  return { output, opType: 'Conv', reason }
}

function count(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1)
}
