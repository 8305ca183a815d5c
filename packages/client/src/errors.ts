/**
 * Why a request has no answer: a code of the coordinator, or one of these.
 *
 * - `ERR_NO_ANSWER` nobody answered in time
 * - `ERR_REQUEST_IN_USE` a request with this identifier waits for its answer already
 * - `ERR_CLOSED` the client was closed
 */
export type ClientErrorCode = 'ERR_NO_ANSWER' | 'ERR_REQUEST_IN_USE' | 'ERR_CLOSED'

/** A request that failed; `code` and message come from the coordinator where it has answered. */
export class InferenceError extends Error {
  readonly code: string

  constructor(code: string, message: string) {
    super(message)
    this.name = 'InferenceError'
    this.code = code
  }
}
