/** Stable reasons a message, topic or identifier is refused. */
export type ProtocolErrorCode =
  | 'ERR_BAD_MESSAGE'
  | 'ERR_BAD_TOPIC'
  | 'ERR_BAD_IDENTIFIER'
  | 'ERR_TOO_LARGE'

/** What does not follow the wire specification; the message names the place and what was found. */
export class ProtocolError extends Error {
  readonly code: ProtocolErrorCode

  constructor(code: ProtocolErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'ProtocolError'
    this.code = code
  }
}

/** Shorthand for the commonest refusal. */
export function badMessage(message: string, cause?: unknown): ProtocolError {
  return new ProtocolError('ERR_BAD_MESSAGE', message, cause === undefined ? undefined : { cause })
}
