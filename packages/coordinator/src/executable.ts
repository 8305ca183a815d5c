import { type Code, createCode, Decoder } from '@cocoi/coding'
import type { Engine, EngineSession } from '@cocoi/engine'
import { type ModelProto, serializeModel } from '@cocoi/onnx'
import {
  compile,
  decodeGraph,
  type Program,
  residualGraph,
  type Segment,
  type StageSpec,
  type Step,
  subtaskGraph,
  type TransportType,
  wholeProgram,
} from '@cocoi/partition'
import { addWork, amplificationLimits, type ModelPlan, noWork, type Work } from '@cocoi/planner'
import { SessionCache } from './session-cache.ts'

/** A segment that is loaded and ready to run. */
export interface LoadedSegment {
  readonly session: EngineSession
  readonly inputs: readonly string[]
  /** Inputs that nobody reads after this segment; their memory may be handed over. */
  readonly lastUses: readonly string[]
  /** What running it once is. */
  readonly work: Work
}

/** One stage with its sessions, its code and its decoder. */
export interface ExecutableStep {
  readonly step: Step
  readonly code: Code
  /** Type of its results. */
  readonly transport: TransportType
  readonly decoder: Decoder
  readonly head: LoadedSegment | undefined
  readonly side: LoadedSegment | undefined
  /** Recovers missing pieces; loaded at the first loss. */
  readonly decode: () => Promise<EngineSession>
  /** Computes a row here when no device can; loaded when first needed. */
  readonly compute: () => Promise<EngineSession>
  /** Holds a result against what others predict; loaded at the first audit. */
  readonly residual: (type: TransportType) => Promise<EngineSession>
}

/** A plan made runnable on the coordinator. */
export interface Executable {
  readonly steps: readonly ExecutableStep[]
  readonly tail: LoadedSegment | undefined
  release(): Promise<void>
}

/** Compiles a plan and loads every head, side and tail graph. */
export async function buildExecutable(
  model: ModelProto,
  plan: ModelPlan,
  options: { engine: Engine; weightsFolder: string },
): Promise<Executable> {
  const program = programOf(model, plan)
  const cache = new SessionCache(options.engine, options.weightsFolder)
  const uses = lastUses(program)
  const load = async (segment: Segment | undefined, work: Work) => {
    if (!segment) return undefined
    const session = await cache.load(segment, () => serializeModel(segment.model))
    return { session, inputs: segment.inputs, lastUses: uses.get(segment)!, work }
  }
  const loads = plan.kind === 'stages' ? plan.load.stages : []
  const steps: ExecutableStep[] = []
  for (const [i, step] of program.steps.entries()) {
    const code = plan.stages[i]?.code ?? createCode({ type: 'uncoded', k: 1 })
    const decoder = new Decoder(code, { maxAmplification: amplificationLimits[plan.transport] })
    const decode = () => cache.load('decode', () => serializeModel(decodeGraph(plan.transport)))
    const compute = () =>
      cache.load(step, () => serializeModel(stageModel(model, step.spec, plan.transport)))
    const residual = (type: TransportType) =>
      cache.load(`residual ${type}`, () => serializeModel(residualGraph(type)))
    const head = await load(step.head, headWork(loads, i))
    const side = await load(step.side, loads[i]?.side ?? noWork)
    const { transport } = plan
    steps.push({ step, code, transport, decoder, head, side, decode, compute, residual })
  }
  const tail = await load(program.tail, addWork(plan.load.tail, loads.at(-1)?.assemble ?? noWork))
  return { steps, tail, release: () => cache.release() }
}

/** Joining the pieces of the stage before is part of a head graph. */
function headWork(loads: ModelPlan['load']['stages'], i: number): Work {
  const load = loads[i]
  return load ? addWork(loads[i - 1]?.assemble ?? noWork, load.head, load.encode) : noWork
}

function programOf(model: ModelProto, plan: ModelPlan): Program {
  if (plan.kind === 'whole') return wholeProgram(model)
  const stages = plan.stages.map(({ layout, split, code }) => ({
    layout,
    split,
    denseRows: Array.from({ length: code.n }, (_, i) => i)
      .filter(i => code.unitPiece(i) === undefined)
      .map(i => [...code.row(i)]),
  }))
  return compile(model, stages, plan.transport)
}

/** The model that computes one row of a stage; for a whole stage the model itself. */
export function stageModel(
  model: ModelProto,
  spec: StageSpec,
  transport: TransportType,
): ModelProto {
  return spec.kind === 'whole' ? model : subtaskGraph(model, spec, transport).model
}

/** For every segment the inputs that no later segment reads. */
function lastUses(program: Program): Map<Segment, string[]> {
  const order = [...program.steps.flatMap(({ head, side }) => [head, side]), program.tail]
  const segments = order.filter(segment => segment !== undefined)
  const later = new Set<string>()
  const uses = new Map<Segment, string[]>()
  for (const segment of segments.toReversed()) {
    uses.set(
      segment,
      segment.inputs.filter(name => !later.has(name)),
    )
    for (const name of segment.inputs) later.add(name)
  }
  return uses
}
