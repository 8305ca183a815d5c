import type { Codes } from './codes.ts'
import type { Draws } from './draws.ts'
import { explainStage } from './explain.ts'
import { localLoad, type PlanLoad } from './plan-load.ts'
import { type PlanPrediction, predictPlan } from './predict-plan.ts'
import type { Fleet } from './profile.ts'
import type { LoadOptions, StageLoad } from './stage-load.ts'
import { shapeOf } from './stage-options.ts'
import type { LatencySummary } from './summary.ts'
import { surrogateChoice } from './surrogate.ts'
import { bestPieces, sweepPieces } from './sweep-pieces.ts'
import type { WorkGraph } from './work-graph.ts'

/** What is predicted of one stage, and why it is run as it is. */
export interface StagePrediction extends LatencySummary {
  readonly id: number
  /** k° of the paper's surrogate L(k); undefined where no code has a k to choose. */
  readonly surrogateK: number | undefined
  /** k* of the Monte Carlo sweep under the same code; undefined likewise, and where not asked for. */
  readonly bestK: number | undefined
  readonly why: string
}

/** What is predicted of a whole model. */
export interface ModelPrediction {
  readonly total: LatencySummary
  /** The coordinator by itself. */
  readonly alone: LatencySummary
  readonly stages: readonly StagePrediction[]
  /** Share of the total spent on encoding and decoding. */
  readonly codingShare: number
  readonly why: string
}

export interface PredictionContext {
  readonly fleet: Fleet
  readonly draws: Draws
  readonly codes: Codes
  /** Whether to look for k*. */
  readonly sweep: boolean
}

const samples = 400
const sweepSamples = 128

/** Rows up to which k is swept; beyond, decoding noise leaves little to choose. */
const maxSwept = 24

/** Predicts a plan, its stages and the coordinator alone. */
export function predictModel(
  plan: { load: PlanLoad; stages: readonly LoadOptions[]; why?: string | undefined },
  graph: WorkGraph,
  context: PredictionContext,
): ModelPrediction {
  const { load, stages } = plan
  const { fleet, draws, codes } = context
  const options = { draws, samples, codes }
  const predicted = predictPlan(load, fleet, options)
  const alone = predictPlan(localLoad(graph), fleet, options).total
  const pieces = new PieceChoices(context)
  const { total, codingShare } = predicted
  const described = stages.map((stage, i) =>
    describeStage(stage, load.stages[i]!, { predicted, i, pieces, fleet }),
  )
  const why = plan.why ?? compareWithAlone(total, alone, load)
  return { total, alone, stages: described, codingShare, why }
}

function describeStage(
  stage: LoadOptions,
  load: StageLoad,
  {
    predicted,
    i,
    pieces,
    fleet,
  }: {
    predicted: PlanPrediction
    i: number
    pieces: PieceChoices
    fleet: Fleet
  },
): StagePrediction {
  const summary = predicted.stages[i]!
  const why = explainStage(stage, load, fleet)
  return { id: load.id, ...summary, ...pieces.of(stage), why }
}

function compareWithAlone(total: LatencySummary, alone: LatencySummary, load: PlanLoad): string {
  if (load.stages.length === 0) return 'the coordinator computes everything'
  const times = alone.p50Ms / total.p50Ms
  return times >= 1
    ? `${times.toFixed(2)} times as fast as one device alone`
    : `${(1 / times).toFixed(2)} times as slow as one device alone`
}

/** k° and k* of coded stages; equal ones are computed once. */
class PieceChoices {
  readonly #context: PredictionContext
  readonly #known = new Map<string, Pick<StagePrediction, 'surrogateK' | 'bestK'>>()

  constructor(context: PredictionContext) {
    this.#context = context
  }

  of(stage: LoadOptions): Pick<StagePrediction, 'surrogateK' | 'bestK'> {
    const { type } = stage.code.scheme
    const isCode = type === 'mds' || type === 'vandermonde'
    if (!isCode || stage.rowsPerDevice || this.#context.fleet.devices.length === 0) return none
    const key = `${type} ${stage.code.n} ${shapeOf(stage.layout)}`
    const known = this.#known.get(key) ?? this.#find(stage)
    this.#known.set(key, known)
    return known
  }

  #find(stage: LoadOptions): Pick<StagePrediction, 'surrogateK' | 'bestK'> {
    const { fleet, draws, codes, sweep } = this.#context
    const { layout, transport, code } = stage
    const [device] = fleet.devices
    const { coordinator } = fleet
    const paper = { layout, transport, devices: code.n, device: device!, coordinator }
    const options = { draws, samples: sweepSamples, codes }
    const swept = sweep && code.n <= maxSwept ? sweepPieces(stage, fleet, options) : []
    return { surrogateK: surrogateChoice(paper), bestK: bestPieces(swept) }
  }
}

const none = { surrogateK: undefined, bestK: undefined }
