export { Coordinator, type CoordinatorOptions } from './coordinator.ts'
export { type CoordinatorFlags, runCoordinator } from './daemon.ts'
export { CoordinatorError, type CoordinatorErrorCode } from './errors.ts'
export { buildExecutable, type Executable } from './executable.ts'
export { Experience } from './experience.ts'
export { Fleet, type FleetOptions } from './fleet.ts'
export { isResultOf } from './is-result-of.ts'
export { Measurements, type MeasurementsOptions } from './measurements.ts'
export { Overlaps, type Run } from './overlaps.ts'
export {
  betterPlan,
  type Planned,
  type PlanningOptions,
  planNow,
  predictNow,
} from './planned.ts'
export { isWorthwhile } from './planning/is-worthwhile.ts'
export { PlanningThread } from './planning/planning-thread.ts'
export { Presence, type PresenceOptions } from './presence.ts'
export { Reconsideration, type ReconsiderationOptions } from './reconsideration.ts'
export {
  type InferenceReport,
  runInference,
  type StageOutcome,
  type StageReport,
  type StageRunner,
} from './run-inference.ts'
export { TrackRecord } from './track-record.ts'
export { Burst, type SubtaskId, Transits } from './transits.ts'
