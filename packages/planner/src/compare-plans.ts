import type { Codes } from './codes.ts'
import type { Draws } from './draws.ts'
import type { Contender } from './explain.ts'
import { type Hindsight, inHindsight } from './hindsight.ts'
import { type PlanLoad, planLoad } from './plan-load.ts'
import { meanOfPlan } from './predict-plan.ts'
import type { Fleet } from './profile.ts'
import type { LoadOptions } from './stage-load.ts'
import type { WorkGraph } from './work-graph.ts'

/** A way to run the model, before and after it was drawn. */
export type Draft = Omit<Contender, 'meanMs'> & { readonly load: PlanLoad }
export type RatedPlan = Contender & {
  readonly load: PlanLoad
  /** Its mean without hindsight. */
  readonly predictedMs: number
}

/** A plan that distributes these stages. */
export function sharedDraft(graph: WorkGraph, name: string, stages: readonly LoadOptions[]): Draft {
  return { name, kind: 'stages', load: planLoad(graph, stages), stages }
}

/** Samples with which all plans are compared, and again the best of them. */
const samples = { first: 16, best: 128 }

/** Plans that may turn out best: those this much above the best at first sight. */
const nearlyBest = 1.1

/** Draws all plans a few times, and those that may be best more often, all from the same numbers. */
export function comparePlans(
  plans: readonly Draft[],
  { fleet, draws, codes }: { fleet: Fleet; draws: Draws; codes: Codes },
  hindsight: Hindsight = {},
): RatedPlan[] {
  const drawn = (plan: Draft, count: number) => {
    const predictedMs = meanOfPlan(plan.load, fleet, { draws, codes, samples: count })
    return { predictedMs, meanMs: inHindsight(predictedMs, plan.kind, hindsight) }
  }
  const rated = plans.map(plan => ({ ...plan, ...drawn(plan, samples.first) }))
  const limit = nearlyBest * Math.min(...rated.map(({ meanMs }) => meanMs))
  return rated.map(plan => {
    const isNear = plan.meanMs <= limit || plan.kind === 'local'
    return isNear ? { ...plan, ...drawn(plan, samples.best) } : plan
  })
}

/** Predictions err: spare rows have to gain at least this much. */
const worthSpares = 1.05

/** The soonest plan, or the soonest without spare rows if that is nearly as soon. */
export function plainestOf(plans: readonly RatedPlan[]): RatedPlan {
  const soonest = soonestOf(plans)
  const plain = plans.filter(({ stages }) => stages.every(({ code }) => code.n === code.k))
  const good = plain.filter(({ meanMs }) => meanMs <= worthSpares * soonest.meanMs)
  return good.length > 0 ? soonestOf(good) : soonest
}

/** The plan with the smallest mean; of equal ones the first. */
export function soonestOf<P extends Pick<RatedPlan, 'meanMs'>>(plans: readonly P[]): P {
  return plans.reduce((best, plan) => (plan.meanMs < best.meanMs ? plan : best))
}
