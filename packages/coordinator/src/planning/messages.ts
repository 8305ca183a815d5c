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

/** Asks what a plan that was made for another fleet takes on this one, without hindsight. */
export interface PredictionRequest extends PlanningRequest {
  readonly present: PresentPlan
}

/** What the planning thread does. */
export interface PlanningCalls {
  /** @returns nothing where a present plan is given and none is better by more than a twentieth */
  decide(request: PlanningRequest): PlanDecision | undefined
  /** @returns milliseconds */
  predict(request: PredictionRequest): number
}

export type CallName = keyof PlanningCalls
export type CallRequest<C extends CallName> = Parameters<PlanningCalls[C]>[0]
export type CallAnswer<C extends CallName> = ReturnType<PlanningCalls[C]>

/** To the planning thread. */
export interface PlanningMessage<C extends CallName = CallName> {
  readonly id: number
  readonly call: C
  readonly request: CallRequest<C>
}

/** From it. */
export type PlanningReply =
  | { readonly id: number; readonly answer: CallAnswer<CallName> }
  | { readonly id: number; readonly failure: { readonly code: string; readonly message: string } }
