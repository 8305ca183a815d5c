export type PlannerErrorCode =
  | 'ERR_BAD_SCHEME_NAME'
  | 'ERR_UNKNOWN_PROFILE'
  | 'ERR_BAD_FLEET'
  | 'ERR_OTHER_MODEL'
  | 'ERR_TOO_FEW_SAMPLES'

/** A plan cannot be made as asked; the message says what was understood and what is possible. */
export class PlannerError extends Error {
  readonly code: PlannerErrorCode

  constructor(code: PlannerErrorCode, message: string) {
    super(message)
    this.name = 'PlannerError'
    this.code = code
  }
}
