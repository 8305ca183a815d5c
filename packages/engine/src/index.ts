export { type BenchmarkResult, benchmark, type RunTimer } from './benchmark.ts'
export { createEngine, type Engine, type EngineOptions } from './engine.ts'
export type { EngineSession, RunOptions } from './engine-session.ts'
export type { ElementTypeName, EngineTensor } from './engine-tensor.ts'
export { EngineError, type EngineErrorCode } from './errors.ts'
export type {
  LoadOptions,
  ModelSource,
  NormalisedModel,
  NormaliseOptions,
  Optimization,
  RunResult,
  TensorDescription,
} from './messages.ts'
export { runtimeVersion } from './runtime-version.ts'
export { nameThread } from './thread-name.ts'
