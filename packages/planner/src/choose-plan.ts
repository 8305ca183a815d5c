import type { ModelProto } from '@cocoi/onnx'
import { type Axis, type LinearConv, type LocalConv, layoutStages } from '@cocoi/partition'
import { choosePieces } from './choose-pieces.ts'
import { chooseStages, localMsOf, type StageChoice } from './choose-stages.ts'
import { codeStage } from './code-stage.ts'
import {
  comparePlans,
  type Draft,
  plainestOf,
  type RatedPlan,
  sharedDraft,
  soonestOf,
} from './compare-plans.ts'
import { explainChoice, explainLocal, explainThroughput } from './explain.ts'
import { formatScheme, formatSchemes } from './format-scheme.ts'
import type { Goal } from './goal.ts'
import { describeHindsight, type Hindsight, type PlanKind } from './hindsight.ts'
import { localLoad, type PlanLoad, wholeLoad } from './plan-load.ts'
import type { Fleet } from './profile.ts'
import { resolveScheme } from './resolve-scheme.ts'
import type { LoadOptions } from './stage-load.ts'
import { StageOptions, type Surroundings } from './stage-options.ts'
import { throughputOf } from './throughput.ts'
import type { WorkGraph } from './work-graph.ts'

export interface ChoiceInput {
  readonly model: ModelProto
  readonly graph: WorkGraph
  /** Convolutions that may be distributed. */
  readonly convs: readonly LinearConv[]
  /** Of these, those that a fixed scheme distributes. */
  readonly isIntense: (conv: LinearConv) => boolean
  readonly axis: Axis
  readonly surroundings: Surroundings
  readonly goal: Goal
  readonly hindsight: Hindsight
}

/** The plan that won, and why. */
export interface ChosenPlan {
  readonly kind: PlanKind
  readonly load: PlanLoad
  readonly stages: readonly LoadOptions[]
  readonly local: readonly LocalConv[]
  readonly why: string
  /** Without hindsight. */
  readonly predictedMs: number
}

/** Sharing is worth its trouble when it takes less than this share of the time alone. */
const worthSharing = 0.98

/** More requests per second are worth waiting longer for each: from this many times as many on. */
const worthMore = 1.02

const plainRequests = [{ type: 'uncoded' }, { type: 'replication', r: 2 }] as const

/** A stage with the ways to run it. */
type Unit = Parameters<typeof chooseStages>[0][number]

/**
 * Chooses how to run a model: the way through the stages that dynamic programming finds, the fixed
 * schemes that a user could ask for, one device with the whole model, and the coordinator alone are
 * drawn as whole inferences; the smallest mean wins, or the greatest throughput, after what is known of
 * such plans in hindsight.
 */
export function choosePlan(input: ChoiceInput): ChosenPlan {
  const { model, axis, convs, surroundings, goal, hindsight } = input
  const { fleet } = surroundings
  const options = new StageOptions(surroundings)
  const units: Unit[] = []
  for (const layout of layoutStages(model.graph!, convs, axis)) {
    units.push({ layout, options: options.of(layout) })
  }
  const choices = chooseStages(units, fleet.coordinator)
  const shared = units.flatMap(({ layout }, i) => (choices[i] ? layout.convs : []))
  const found = drafts(input, options, { choices, shared })
  const plans = comparePlans(found, surroundings, hindsight)
  const winner = best(plans, fleet, goal)
  const others = plans.filter(plan => plan !== winner)
  const away = new Set(winner.stages.flatMap(({ layout }) => layout.convs))
  const local = units.flatMap(({ layout, options: [best] }) =>
    layout.convs
      .filter(conv => !away.has(conv))
      .map(({ output }) => {
        const localMs = localMsOf(layout, fleet.coordinator)
        return { output, opType: 'Conv', reason: explainLocal(localMs, best, fleet) }
      }),
  )
  const { kind, load, stages, predictedMs } = winner
  const explained = goal.type === 'throughput' ? explainThroughput : explainChoice
  const why = `${explained(winner, others, fleet)}${describeHindsight(hindsight)}`
  return { kind, load, stages, local, why, predictedMs }
}

function drafts(
  input: ChoiceInput,
  options: StageOptions,
  { choices, shared }: { choices: readonly StageChoice[]; shared: readonly LinearConv[] },
): Draft[] {
  const { model, graph, convs } = input
  const first = firstOptions(input, options, shared)
  const firstOf = (layout: LoadOptions['layout']) => first.get(outputsOf(layout))
  const intense = convs.filter(input.isIntense)
  const same = intense.length === shared.length && intense.every(conv => shared.includes(conv))
  const sets = same ? [intense] : [intense, shared]
  const found: (Draft | undefined)[] = [
    { name: 'local', kind: 'local' as const, load: localLoad(graph), stages: [] },
    { name: 'whole', kind: 'whole' as const, load: wholeLoad(model, graph), stages: [] },
    sharedPlan(input, 'chosen by stage', shared, firstOf, choices),
  ]
  for (const set of sets) found.push(...alikePlans(input, set))
  return found.filter(plan => plan !== undefined)
}

/** The best way to distribute each of the stages that these convolutions make, by their outputs. */
function firstOptions(
  { model, axis }: ChoiceInput,
  options: StageOptions,
  shared: readonly LinearConv[],
): Map<string, LoadOptions> {
  const found = new Map<string, LoadOptions>()
  for (const layout of layoutStages(model.graph!, shared, axis)) {
    const [best] = options.of(layout)
    if (best) found.set(outputsOf(layout), best.stage)
  }
  return found
}

function best(plans: readonly RatedPlan[], fleet: Fleet, goal: Goal): RatedPlan {
  if (goal.type === 'throughput') return mostPerSecond(plans, fleet, goal.running)
  const local = plans.find(({ kind }) => kind === 'local')!
  const fastest = soonestOf(plans)
  if (fastest.meanMs >= worthSharing * local.meanMs) return local
  return fastest.kind === 'stages'
    ? plainestOf(plans.filter(({ kind }) => kind === 'stages'))
    : fastest
}

/** Of those that answer nearly as many requests per second as any the one with the smallest mean. */
function mostPerSecond(plans: readonly RatedPlan[], fleet: Fleet, running: number): RatedPlan {
  const rated = plans.map(plan => ({ ...plan, perSecond: throughputOf(plan, fleet, running) }))
  const most = Math.max(...rated.map(({ perSecond }) => perSecond))
  const good = rated.filter(({ perSecond }) => perSecond * worthMore >= most)
  return soonestOf(good)
}

/** Stages of these convolutions; a stage that was chosen as it is keeps its choice. */
function sharedPlan(
  input: ChoiceInput,
  name: string,
  convs: readonly LinearConv[],
  stageOf: (layout: LoadOptions['layout']) => LoadOptions | undefined,
  choices: readonly StageChoice[] = [],
): Draft | undefined {
  if (convs.length === 0) return undefined
  const chosen = new Map(
    choices.flatMap(choice => (choice ? [[outputsOf(choice.stage.layout), choice.stage]] : [])),
  )
  const layouts = layoutStages(input.model.graph!, convs, input.axis)
  const stages = layouts.flatMap(layout => {
    const kept = chosen.get(outputsOf(layout))
    const stage = kept ? { ...kept, layout } : stageOf(layout)
    return stage ? [stage] : []
  })
  if (stages.length !== layouts.length) return undefined
  return sharedDraft(input.graph, name, stages)
}

function outputsOf({ convs }: LoadOptions['layout']): string {
  return convs.map(({ output }) => output).join()
}

/** All these convolutions uncoded, all twice, and all under the MDS code with the best of its numbers. */
function alikePlans(
  { model, graph, axis, surroundings }: ChoiceInput,
  convs: readonly LinearConv[],
): Draft[] {
  const devices = surroundings.fleet.devices.length
  if (convs.length === 0 || devices < 2) return []
  const layouts = layoutStages(model.graph!, convs, axis)
  const plain = plainRequests.map(request => {
    const { scheme } = resolveScheme(request, devices)
    const stages = layouts.map(layout => codeStage(layout, scheme, surroundings))
    return sharedDraft(graph, `${formatScheme(scheme)} everywhere`, stages)
  })
  const { stages } = choosePieces({ graph, layouts, surroundings })
  return [...plain, sharedDraft(graph, formatSchemes(stages), stages)]
}
