import type { InferenceParameters } from '@cocoi/protocol'

/** How one request is made. */
export interface InferOptions extends InferenceParameters {
  /**
   * Identifier of the request; sent again under the same one it is computed once.
   *
   * @default a random one
   */
  readonly request?: string
  /** Gives the request up: the coordinator is told, and the promise rejects with the reason. */
  readonly signal?: AbortSignal
  /** How long the answer is awaited. @default 5 s more than the deadline, which is 60 s by default */
  readonly timeoutMs?: number
}
