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

/** To the planning thread. */
export interface PlanningMessage extends PlanningRequest {
  readonly id: number
}

/** From it; without a decision where the present plan is as good. */
export type PlanningReply =
  | { readonly id: number; readonly decision: PlanDecision | undefined }
  | { readonly id: number; readonly failure: { readonly code: string; readonly message: string } }
