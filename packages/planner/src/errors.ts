export type PlannerErrorCode = 'ERR_BAD_SCHEME_NAME'

/** A plan cannot be made as asked; the message says what was understood and what is possible. */
export class PlannerError extends Error {
  readonly code: PlannerErrorCode

  constructor(code: PlannerErrorCode, message: string) {
    super(message)
    this.name = 'PlannerError'
    this.code = code
  }
}
