import type { PreparedModel } from '@cocoi/models'
import {
  amplificationLimits,
  Draws,
  type Fleet,
  type Goal,
  type ModelPlan,
  meanOfPlan,
  type PlanLoad,
  throughputOf,
} from '@cocoi/planner'
import type { DeploymentWish } from './deployment.ts'
import type { Measurements } from './measurements.ts'
import { planInSlices } from './plan-in-slices.ts'

/** A plan and the fleet it was made for, as it was known then. */
export interface Planned {
  readonly plan: ModelPlan
  readonly fleet: Fleet
}

export interface PlanningOptions {
  readonly prepared: PreparedModel
  readonly wish: DeploymentWish
  readonly measurements: Pick<Measurements, 'fleet'>
  readonly minIntensity: number
}

/** Another plan is worth loading and starting with no experience when it is better by this. */
const worthwhile = 1.1

const samples = 128

/** Plans for the devices that are here, as they have been measured. */
export async function planNow(options: PlanningOptions): Promise<Planned> {
  const { prepared, wish, measurements, minIntensity } = options
  const fleet = measurements.fleet()
  const plan = await planInSlices(prepared.graph, {
    ...{ ...wish, fleet, devices: fleet.devices.length, minIntensity },
    maxAmplification: amplificationLimits[wish.transport],
  })
  return { plan, fleet }
}

/** Whether the second plan is predicted to be so much better on its fleet that it is worth changing. */
export function isWorthwhile(old: Planned, fresh: Planned, goal: Goal): boolean {
  const { fleet } = fresh
  const draws = new Draws(1)
  const rate = (load: PlanLoad) => {
    const meanMs = meanOfPlan(load, fleet, { draws, samples })
    return goal.type === 'latency'
      ? 1 / meanMs
      : throughputOf({ load, meanMs }, fleet, goal.running)
  }
  return rate(fresh.plan.load) > worthwhile * rate(loadOn(fleet, old))
}

/** A plan's numbers on another fleet: who is new has no share where shares differ. */
function loadOn(fleet: Fleet, { plan, fleet: old }: Planned): PlanLoad {
  const stages = plan.load.stages.map(stage => {
    const shares = stage.rowsPerDevice && sharesOf(old, stage.rowsPerDevice)
    if (!shares) return stage
    return { ...stage, rowsPerDevice: fleet.devices.map(({ name }) => shares[name] ?? 0) }
  })
  return { ...plan.load, stages }
}

/** Shares by the names of devices. */
export function sharesOf({ devices }: Fleet, rows: readonly number[]): Record<string, number> {
  return Object.fromEntries(devices.map(({ name }, i) => [name, rows[i]!]))
}
