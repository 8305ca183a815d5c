import type { InferenceRequest } from '@cocoi/protocol'

/** A request that was admitted. */
export interface AdmittedRequest {
  readonly model: string
  readonly request: string | undefined
  readonly body: InferenceRequest
  /** Instants in monotonic ms. */
  readonly arrivedAt: number
  readonly deadlineAt: number
  /** Aborted with the error that the sensor is told. */
  readonly signal: AbortSignal
}
