import {
  Draws,
  type Fleet,
  type Goal,
  type Hindsight,
  inHindsight,
  meanOfPlan,
  type PlanKind,
  type PlanLoad,
  throughputOf,
} from '@cocoi/planner'

/** A plan as numbers, and the fleet it was made for. */
export interface LoadedFleet {
  readonly kind: PlanKind
  readonly load: PlanLoad
  readonly fleet: Fleet
}

/** Another plan is worth loading and starting with no experience when it is better by this. */
const worthwhile = 1.05

/** Spare rows are worth their trouble when they gain something; the planner has found that they do not. */
const worthDropping = 1

const samples = 128

/**
 * Whether the second plan is predicted to be so much better on its fleet that it is worth changing. The
 * planner takes spare rows only where they gain enough: a plan without gives way reluctantly to one with
 * them, not the other way round.
 */
export function isWorthwhile(
  old: LoadedFleet,
  fresh: LoadedFleet,
  { goal, hindsight }: { goal: Goal; hindsight: Hindsight },
): boolean {
  const { fleet } = fresh
  const rate = (load: PlanLoad, kind: PlanKind) => {
    const meanMs = inHindsight(meanOn(fleet, load), kind, hindsight)
    return goal.type === 'latency'
      ? 1 / meanMs
      : throughputOf({ load, meanMs }, fleet, goal.running)
  }
  const present = loadOn(fleet, old)
  const gain = hasSpares(present) && !hasSpares(fresh.load) ? worthDropping : worthwhile
  return rate(fresh.load, fresh.kind) > gain * rate(present, old.kind)
}

/** What a plan is predicted to take on another fleet than the one it was made for, without hindsight. */
export function predictedOn(fleet: Fleet, plan: LoadedFleet): number {
  return meanOn(fleet, loadOn(fleet, plan))
}

function meanOn(fleet: Fleet, load: PlanLoad): number {
  return meanOfPlan(load, fleet, { draws: new Draws(1), samples })
}

function hasSpares({ stages }: PlanLoad): boolean {
  return stages.some(({ code }) => code.n > code.k)
}

/** A plan's numbers on another fleet: who is new has no share where shares differ. */
function loadOn(fleet: Fleet, { load, fleet: old }: LoadedFleet): PlanLoad {
  const stages = load.stages.map(stage => {
    const shares = stage.rowsPerDevice && sharesOf(old, stage.rowsPerDevice)
    if (!shares) return stage
    return { ...stage, rowsPerDevice: fleet.devices.map(({ name }) => shares[name] ?? 0) }
  })
  return { ...load, stages }
}

/** Shares by the names of devices. */
export function sharesOf({ devices }: Fleet, rows: readonly number[]): Record<string, number> {
  return Object.fromEntries(devices.map(({ name }, i) => [name, rows[i]!]))
}
