import type { PreparedModel } from '@cocoi/models'
import {
  amplificationLimits,
  carryOut,
  decisionOf,
  type Fleet,
  type Hindsight,
  type ModelPlan,
  type PlanDecision,
} from '@cocoi/planner'
import type { DeploymentWish } from './deployment.ts'
import type { Measurements } from './measurements.ts'
import type { PlanningThread } from './planning/planning-thread.ts'

/** A plan and the fleet it was made for, and with what hindsight, as it was known then. */
export interface Planned {
  readonly plan: ModelPlan
  readonly fleet: Fleet
  readonly hindsight: Hindsight
}

export interface PlanningOptions {
  readonly planner: PlanningThread
  readonly prepared: Pick<PreparedModel, 'graph' | 'graphSha' | 'weightsFolder'>
  readonly wish: DeploymentWish
  readonly measurements: Pick<Measurements, 'fleet'>
  /** What plans for this model have taken so far. @default nothing is known */
  readonly hindsight?: Hindsight
  readonly minIntensity: number
}

/** Plans for the devices that are here, as they have been measured. */
export async function planNow(options: PlanningOptions): Promise<Planned> {
  const { planner, prepared, measurements } = options
  const wanted = planOptions(options, measurements.fleet())
  const decision = await planner.decide({ model: modelOf(prepared), options: wanted })
  return carriedOut(options, wanted, decision!)
}

/** Looks for a plan that is better by more than a twentieth on the fleet as it is now. */
export async function betterPlan(
  planned: Planned,
  options: PlanningOptions,
): Promise<Planned | undefined> {
  const { planner, measurements } = options
  const wanted = planOptions(options, measurements.fleet())
  const decision = await planner.decide(requestOf(planned, options, wanted))
  return decision && carriedOut(options, wanted, decision)
}

/** What a plan is predicted to take on the fleet as it is now, without hindsight. */
export function predictNow(planned: Planned, options: PlanningOptions): Promise<number> {
  const wanted = planOptions(options, options.measurements.fleet())
  return options.planner.predict(requestOf(planned, options, wanted))
}

function requestOf(
  { plan, fleet }: Planned,
  { prepared }: PlanningOptions,
  options: ReturnType<typeof planOptions>,
) {
  return { model: modelOf(prepared), options, present: { decision: decisionOf(plan), fleet } }
}

function planOptions({ wish, minIntensity, hindsight = {} }: PlanningOptions, fleet: Fleet) {
  const maxAmplification = amplificationLimits[wish.transport]
  const devices = fleet.devices.length
  return { ...wish, fleet, hindsight, devices, minIntensity, maxAmplification }
}

function modelOf({ graphSha, weightsFolder }: PlanningOptions['prepared']) {
  return { graphSha, weightsFolder }
}

function carriedOut(
  { prepared }: PlanningOptions,
  wanted: ReturnType<typeof planOptions>,
  decision: PlanDecision,
): Planned {
  const { fleet, hindsight } = wanted
  return { plan: carryOut(prepared.graph, wanted, decision), fleet, hindsight }
}
