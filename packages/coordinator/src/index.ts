export { Coordinator, type CoordinatorOptions } from './coordinator.ts'
export { type CoordinatorFlags, runCoordinator } from './daemon.ts'
export { CoordinatorError, type CoordinatorErrorCode } from './errors.ts'
export { buildExecutable, type Executable } from './executable.ts'
export {
  type InferenceReport,
  runInference,
  type StageOutcome,
  type StageReport,
  type StageRunner,
} from './run-inference.ts'
