export type CoordinatorErrorCode =
  | 'ERR_CANCELLED'
  | 'ERR_DEADLINE'
  | 'ERR_FLOAT16_RANGE'
  | 'ERR_NOT_DECODABLE'
  | 'ERR_OVERLOADED'
  | 'ERR_REPLAYED'
  | 'ERR_STAGE_FAILED'
  | 'ERR_STOPPING'
  | 'ERR_SUPERSEDED'
  | 'ERR_TOO_LARGE'

/** A request that cannot be answered; the message goes to the sensor as it is. */
export class CoordinatorError extends Error {
  readonly code: CoordinatorErrorCode

  constructor(code: CoordinatorErrorCode, message: string) {
    super(message)
    this.name = 'CoordinatorError'
    this.code = code
  }
}

/** What of an error is told to others: the code and sentence of a known failure, else the fact. */
export function describeError(error: unknown): { code: string; message: string } {
  if (error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_')) {
    return { code: String(error.code), message: error.message }
  }
  const message = 'the coordinator failed to answer; its log holds the cause'
  return { code: 'ERR_INTERNAL', message }
}
