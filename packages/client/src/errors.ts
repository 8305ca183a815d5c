/** Why a request has no answer: a code and sentence of the coordinator, or one of these. */
export type ClientErrorCode = 'ERR_NO_ANSWER' | 'ERR_CLOSED'

/** A request that failed; `code` and message come from the coordinator where it has answered. */
export class InferenceError extends Error {
  readonly code: string

  constructor(code: string, message: string) {
    super(message)
    this.name = 'InferenceError'
    this.code = code
  }
}
