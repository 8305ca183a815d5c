import type { Scheme } from '@cocoi/coding'
import type { ModelProto } from '@cocoi/onnx'
import { findLinearConvs, type LocalConv, layoutStages } from '@cocoi/partition'
import { codeStage } from './code-stage.ts'
import { PlannerError } from './errors.ts'
import type { PlanKind } from './hindsight.ts'
import {
  finish,
  type ModelPlan,
  nothing,
  type Planning,
  type PlanOptions,
  prepare,
} from './plan-model.ts'
import type { LoadOptions } from './stage-load.ts'

/** What of a plan was decided, in words and numbers: it can be sent to another thread. */
export interface PlanDecision {
  readonly kind: PlanKind
  readonly why: string | undefined
  readonly predictedMs: number | undefined
  readonly notes: readonly string[]
  readonly local: readonly LocalConv[]
  readonly stages: readonly StageDecision[]
}

interface StageDecision {
  /** Outputs of its convolutions, which name them. */
  readonly outputs: readonly string[]
  readonly scheme: Scheme
  readonly rowsPerDevice: readonly number[] | undefined
}

export function decisionOf(plan: ModelPlan): PlanDecision {
  const { kind, why, predictedMs, notes, local, stages } = plan
  const decided = stages.map(({ layout, code, rowsPerDevice }) => {
    const outputs = layout.convs.map(({ output }) => output)
    return { outputs, scheme: code.scheme, rowsPerDevice }
  })
  return { kind, why, predictedMs, notes, local, stages: decided }
}

/**
 * The plan of a decision that was made for the same model and options, in a fraction of the time.
 *
 * @throws {PlannerError} ERR_BAD_FLEET if the fleet has another number of devices; ERR_OTHER_MODEL if the
 *   model has no such stages
 */
export function carryOut(
  model: ModelProto,
  options: PlanOptions,
  { kind, why, predictedMs, notes, local, stages }: PlanDecision,
): ModelPlan {
  const planning = prepare(model, options)
  if (kind === 'whole') return nothing(kind, planning, notes, { why, predictedMs })
  return finish(planning, { stages: stagesOf(planning, stages), local, notes, why, predictedMs })
}

function stagesOf(
  { model, options, codes }: Planning,
  decided: readonly StageDecision[],
): LoadOptions[] {
  const chosen = new Set(decided.flatMap(({ outputs }) => outputs))
  const convs = findLinearConvs(model).convs.filter(({ output }) => chosen.has(output))
  const layouts = layoutStages(model.graph!, convs, options.axis)
  const byOutputs = new Map(decided.map(stage => [stage.outputs.join(), stage]))
  const stages = layouts.map(({ convs }) => byOutputs.get(convs.map(({ output }) => output).join()))
  if (stages.length !== decided.length || stages.includes(undefined)) {
    throw new PlannerError('ERR_OTHER_MODEL', 'the plan was made for another model')
  }
  const { transport } = options
  return layouts.map((layout, i) => {
    const { scheme, rowsPerDevice } = stages[i]!
    return codeStage(layout, scheme, { codes, transport }, rowsPerDevice)
  })
}
