/**
 * - `ERR_PORT_IN_USE` another process listens on the port already
 * - `ERR_LISTEN` the address cannot be listened on, the message holds the reason
 * - `ERR_NO_USERS` it would be open to the network without anybody having to log in
 * - `ERR_BAD_TLS` certificate, key or CA cannot be used
 * - `ERR_BAD_USERS` the users file cannot be used
 * - `ERR_BAD_USER` a name, role or credential that no user can have
 * - `ERR_USER_EXISTS`, `ERR_UNKNOWN_USER`
 * - `ERR_TOO_MANY_LOGINS` a login is not checked now, but may be tried again
 */
export type BrokerErrorCode =
  | 'ERR_PORT_IN_USE'
  | 'ERR_LISTEN'
  | 'ERR_NO_USERS'
  | 'ERR_BAD_TLS'
  | 'ERR_BAD_USERS'
  | 'ERR_BAD_USER'
  | 'ERR_USER_EXISTS'
  | 'ERR_UNKNOWN_USER'
  | 'ERR_TOO_MANY_LOGINS'

const CONFIGURATION: readonly BrokerErrorCode[] = ['ERR_NO_USERS', 'ERR_BAD_TLS', 'ERR_BAD_USERS']

/** Why the broker could not start, or an account could not be used. */
export class BrokerError extends Error {
  readonly code: BrokerErrorCode
  /** Whether the settings are to blame, so that starting again does not help. */
  readonly isConfiguration: boolean

  constructor(code: BrokerErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'BrokerError'
    this.code = code
    this.isConfiguration = CONFIGURATION.includes(code)
  }
}
