import type { PreparedModel } from '@cocoi/models'
import {
  amplificationLimits,
  carryOut,
  decisionOf,
  type Fleet,
  type ModelPlan,
  type PlanDecision,
} from '@cocoi/planner'
import type { DeploymentWish } from './deployment.ts'
import type { Measurements } from './measurements.ts'
import type { PlanningThread } from './planning/planning-thread.ts'

/** A plan and the fleet it was made for, as it was known then. */
export interface Planned {
  readonly plan: ModelPlan
  readonly fleet: Fleet
}

export interface PlanningOptions {
  readonly planner: PlanningThread
  readonly prepared: Pick<PreparedModel, 'graph' | 'graphSha' | 'weightsFolder'>
  readonly wish: DeploymentWish
  readonly measurements: Pick<Measurements, 'fleet'>
  readonly minIntensity: number
}

/** Plans for the devices that are here, as they have been measured. */
export async function planNow(options: PlanningOptions): Promise<Planned> {
  const { planner, prepared, measurements } = options
  const wanted = planOptions(options, measurements.fleet())
  const decision = await planner.decide({ model: modelOf(prepared), options: wanted })
  return carriedOut(options, wanted, decision!)
}

/** A plan that is better by more than a twentieth on the fleet as it is now; undefined if there is none. */
export async function betterPlan(
  { plan, fleet }: Planned,
  options: PlanningOptions,
): Promise<Planned | undefined> {
  const { planner, prepared, measurements } = options
  const wanted = planOptions(options, measurements.fleet())
  const present = { decision: decisionOf(plan), fleet }
  const decision = await planner.decide({ model: modelOf(prepared), options: wanted, present })
  return decision && carriedOut(options, wanted, decision)
}

function planOptions({ wish, minIntensity }: PlanningOptions, fleet: Fleet) {
  const maxAmplification = amplificationLimits[wish.transport]
  return { ...wish, fleet, devices: fleet.devices.length, minIntensity, maxAmplification }
}

function modelOf({ graphSha, weightsFolder }: PlanningOptions['prepared']) {
  return { graphSha, weightsFolder }
}

function carriedOut(
  { prepared }: PlanningOptions,
  wanted: ReturnType<typeof planOptions>,
  decision: PlanDecision,
): Planned {
  return { plan: carryOut(prepared.graph, wanted, decision), fleet: wanted.fleet }
}
