export type CodingErrorCode = 'ERR_BAD_SCHEME' | 'ERR_NO_SUCH_ROW'

/** A code that cannot exist or a row it does not have; the message holds the numbers. */
export class CodingError extends Error {
  readonly code: CodingErrorCode

  constructor(code: CodingErrorCode, message: string) {
    super(message)
    this.name = 'CodingError'
    this.code = code
  }
}
