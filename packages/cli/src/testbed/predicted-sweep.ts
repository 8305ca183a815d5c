import type { ModelProto } from '@cocoi/onnx'
import {
  type Fleet,
  fleetOf,
  type ModelPlan,
  parseSchemeRequest,
  planModel,
  surrogateMs,
  workMs,
} from '@cocoi/planner'
import { profiledUnder, type Scenario } from '@cocoi/simulator'
import type { TestbedFlags } from './flags.ts'

/** Latency of a model whose stages all have the same number of pieces. */
export interface SweptLatency {
  readonly k: number
  /** By drawing: k* is where it is smallest. */
  readonly drawnMs: number
  /** By the paper's L(k), with the local layers added: k° is where it is smallest; none at k = n. */
  readonly surrogateMs: number | undefined
}

type Wish = Pick<
  TestbedFlags,
  'devices' | 'profile' | 'axis' | 'transport' | 'minIntensity' | 'seed'
>

/** Predicts a model under the code for each of these k. */
export function predictSweep(
  graph: ModelProto,
  ks: readonly number[],
  { scenario, ...wish }: Wish & { readonly scenario: Scenario },
): SweptLatency[] {
  const { devices } = wish
  const plain = fleetOf(wish.profile, devices)
  const healthy = planModel(graph, { ...wish, scheme: { type: 'uncoded' }, fleet: plain })
  const fleet = profiledUnder(plain, scenario, healthy.load)
  return ks.map(k => {
    const scheme = parseSchemeRequest(`mds:${devices},${k}`)
    const plan = planModel(graph, { ...wish, scheme, fleet })
    const surrogate = k < devices ? paperMs(plan, fleet, k) : undefined
    return { k, drawnMs: plan.predict().total.p50Ms, surrogateMs: surrogate }
  })
}

function paperMs({ stages, load, transport }: ModelPlan, fleet: Fleet, k: number): number {
  const { coordinator, devices } = fleet
  const local = [...load.stages.map(({ head }) => head), load.tail]
  const localMs = local.reduce((sum, work) => sum + workMs(work, coordinator), 0)
  const common = { transport, devices: devices.length, device: devices[0]!, coordinator }
  return stages.reduce((sum, { layout }) => sum + surrogateMs({ layout, ...common }, k), localMs)
}
