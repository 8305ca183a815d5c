import type { Scheme } from '@cocoi/coding'
import { splitExtent } from '@cocoi/partition'
import { Codes } from './codes.ts'
import { meanOfPlan, type PredictOptions } from './predict-plan.ts'
import type { Fleet } from './profile.ts'
import { type LoadOptions, stageLoad } from './stage-load.ts'
import { noWork } from './work.ts'

/** Mean time of a stage for every k that cuts it into k pieces. */
export interface SweptPieces {
  readonly k: number
  readonly meanMs: number
}

/**
 * Predicts a stage under the same code for every k from 1 to n, by Monte Carlo over the order
 * statistic; k* is the k with the smallest mean. All k see the same draws.
 */
export function sweepPieces(
  stage: LoadOptions,
  fleet: Fleet,
  options: PredictOptions,
): SweptPieces[] {
  const { layout, code } = stage
  const { codes = new Codes() } = options
  const swept: SweptPieces[] = []
  for (let k = 1; k <= Math.min(code.n, layout.extent); k++) {
    const split = splitExtent(layout.extent, k)
    if (split.starts.length !== k) continue
    const other = { ...stage, split, code: codes.get(withK(code.scheme, k)) }
    const load = { stages: [stageLoad(other)], tail: noWork }
    swept.push({ k, meanMs: meanOfPlan(load, fleet, { ...options, codes }) })
  }
  return swept
}

/** k*: the k of the smallest mean. */
export function bestPieces(swept: readonly SweptPieces[]): number | undefined {
  if (swept.length === 0) return undefined
  return swept.reduce((best, other) => (other.meanMs < best.meanMs ? other : best)).k
}

function withK(scheme: Scheme, k: number): Scheme {
  return scheme.type === 'uncoded' || scheme.type === 'replication' ? scheme : { ...scheme, k }
}
