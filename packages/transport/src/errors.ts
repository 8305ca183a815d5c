/**
 * - `ERR_NOT_CONNECTED` there is no connection, or it ended while the message was being written
 * - `ERR_PUBLISH_TIMEOUT` the message was not written or not acknowledged in time
 * - `ERR_QUEUE_FULL` too many bytes wait to be published already
 * - `ERR_TOO_LARGE` the message exceeds what receivers join, or is retained and would need parts
 * - `ERR_SUBSCRIBE_REFUSED` the broker does not grant the subscription
 * - `ERR_CLOSED` the transport was closed
 * - `ERR_BROKER_UNREACHABLE` no broker answers at the address
 * - `ERR_NOT_AUTHORIZED` the broker refuses the client id or the credentials
 * - `ERR_BAD_TOPIC` not a topic, or a filter other than exact levels and `+`
 * - `ERR_BAD_URL` not the address of a broker
 */
export type TransportErrorCode =
  | 'ERR_NOT_CONNECTED'
  | 'ERR_PUBLISH_TIMEOUT'
  | 'ERR_QUEUE_FULL'
  | 'ERR_TOO_LARGE'
  | 'ERR_SUBSCRIBE_REFUSED'
  | 'ERR_CLOSED'
  | 'ERR_BROKER_UNREACHABLE'
  | 'ERR_NOT_AUTHORIZED'
  | 'ERR_BAD_TOPIC'
  | 'ERR_BAD_URL'

/** Why a message could not be sent, a subscription not be made, or a broker not be reached. */
export class TransportError extends Error {
  readonly code: TransportErrorCode

  constructor(code: TransportErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'TransportError'
    this.code = code
  }
}

/** What every call on a closed transport ends with. */
export function closedError(): TransportError {
  return new TransportError('ERR_CLOSED', 'the transport was closed; connect a new one')
}
