/**
 * - `ERR_PORT_IN_USE` another process listens on the port already
 * - `ERR_LISTEN` the address cannot be listened on, the message holds the reason
 */
export type BrokerErrorCode = 'ERR_PORT_IN_USE' | 'ERR_LISTEN'

/** Why the broker could not start. */
export class BrokerError extends Error {
  readonly code: BrokerErrorCode

  constructor(code: BrokerErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'BrokerError'
    this.code = code
  }
}
