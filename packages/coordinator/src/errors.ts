export type CoordinatorErrorCode =
  | 'ERR_CANCELLED'
  | 'ERR_DEADLINE'
  | 'ERR_FLOAT16_RANGE'
  | 'ERR_NOT_DECODABLE'
  | 'ERR_STAGE_FAILED'
  | 'ERR_WRONG_INPUT'

/** A request that cannot be answered; the message goes to the sensor as it is. */
export class CoordinatorError extends Error {
  readonly code: CoordinatorErrorCode

  constructor(code: CoordinatorErrorCode, message: string) {
    super(message)
    this.name = 'CoordinatorError'
    this.code = code
  }
}
