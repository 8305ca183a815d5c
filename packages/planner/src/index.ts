export { PlannerError, type PlannerErrorCode } from './errors.ts'
export { formatScheme } from './format-scheme.ts'
export { type ModelPlan, type PlanOptions, planModel, type StagePlan } from './plan-model.ts'
export { type ResolvedScheme, resolveScheme } from './resolve-scheme.ts'
export {
  formatSchemeRequest,
  parseSchemeRequest,
  type SchemeRequest,
  schemeForms,
} from './scheme-request.ts'
