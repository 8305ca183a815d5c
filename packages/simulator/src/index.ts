export { SimulatorError, type SimulatorErrorCode } from './errors.ts'
export type { StagePhases } from './inference-run.ts'
export {
  type FailureKind,
  parseScenario,
  profiledUnder,
  type Scenario,
  scenarioForms,
  underScenario,
} from './scenario.ts'
export { type SimulationOptions, type SimulationResult, simulate } from './simulate.ts'
export type { Limits } from './world.ts'
