import type { Fleet, PlanDecision, PlanOptions } from '@cocoi/planner'

/** A model by its content: the file is read once, by whoever plans. */
export interface PlannedModel {
  /** SHA-256 of its serialized graph, under which that lies in the folder. */
  readonly graphSha: string
  readonly weightsFolder: string
}

/** A plan that is in use, and the fleet it was made for. */
export interface PresentPlan {
  readonly decision: PlanDecision
  readonly fleet: Fleet
}

export interface PlanningRequest {
  readonly model: PlannedModel
  readonly options: PlanOptions & { readonly fleet: Fleet }
  /** Only a plan that is better by so much that it is worth changing is of interest. */
  readonly present?: PresentPlan | undefined
}

/** A decision, or, where the present plan is as good, what that is predicted to take on the fleet as it is. */
export type Decided =
  | { readonly decision: PlanDecision; readonly presentMs?: undefined }
  | { readonly decision?: undefined; readonly presentMs: number }

/** To the planning thread. */
export interface PlanningMessage extends PlanningRequest {
  readonly id: number
}

/** From it. */
export type PlanningReply =
  | { readonly id: number; readonly decided: Decided }
  | { readonly id: number; readonly failure: { readonly code: string; readonly message: string } }
