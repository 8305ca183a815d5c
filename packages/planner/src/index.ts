export { carryOut, decisionOf, type PlanDecision } from './decision.ts'
export { Draws, slownessOf } from './draws.ts'
export { PlannerError, type PlannerErrorCode } from './errors.ts'
export { FailureMeter } from './failure-meter.ts'
export {
  type Fit,
  fitPhase,
  fitShiftedExponential,
  type Observation,
  quantile,
} from './fit.ts'
export { FleetRange } from './fleet-range.ts'
export { formatScheme, formatSchemes } from './format-scheme.ts'
export type { Goal } from './goal.ts'
export { evenLoads, hcmmLoads, type RowTime } from './hcmm.ts'
export { type Hindsight, inHindsight, isNotable, type PlanKind } from './hindsight.ts'
export { type MeasuredDevice, measuredFleet } from './measured-fleet.ts'
export { harmonic, meanOfKth } from './order-statistics.ts'
export type { MeasuredLink } from './own-link.ts'
export type { PlanLoad } from './plan-load.ts'
export {
  amplificationLimits,
  type ModelPlan,
  type PlanOptions,
  planModel,
  type StagePlan,
} from './plan-model.ts'
export type { ModelPrediction, StagePrediction } from './predict-model.ts'
export {
  meanOfPlan,
  type PlanPrediction,
  type PredictOptions,
  predictPlan,
} from './predict-plan.ts'
export type { CoordinatorProfile, DeviceProfile, Fleet, LinkProfile } from './profile.ts'
export { boards, fleetOf, PROFILES, type ProfileName, profileName } from './profiles.ts'
export { type ResolvedScheme, resolveScheme } from './resolve-scheme.ts'
export {
  formatSchemeRequest,
  isLeftToPlanner,
  parseSchemeRequest,
  type SchemeRequest,
  schemeForms,
} from './scheme-request.ts'
export type { MeasuredWay, Transit } from './shared-way.ts'
export { type MeasuredSpeed, SpeedMeter } from './speed-meter.ts'
export type { LoadOptions, StageLoad } from './stage-load.ts'
export { type LatencySummary, summarise } from './summary.ts'
export { type SurrogateOptions, surrogateChoice, surrogateMs } from './surrogate.ts'
export { type SweptPieces, sweepPieces } from './sweep-pieces.ts'
export { throughputOf } from './throughput.ts'
export { WayMeter } from './way-meter.ts'
export { addWork, noWork, type Speed, type Work, workMs } from './work.ts'
