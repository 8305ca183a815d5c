/**
 * - `ERR_NO_BROKER_FOUND` nobody on the network announces a broker that can be believed
 * - `ERR_CA_NEEDED` without a certificate authority of its own nobody could be believed
 */
export type DiscoveryErrorCode = 'ERR_NO_BROKER_FOUND' | 'ERR_CA_NEEDED'

/** Why the broker was not found; the message says what to do. */
export class DiscoveryError extends Error {
  override readonly name = 'DiscoveryError'
  readonly code: DiscoveryErrorCode
  /** Whether the settings are to blame, so that trying again does not help. */
  readonly isConfiguration: boolean

  constructor(code: DiscoveryErrorCode, message: string) {
    super(message)
    this.code = code
    this.isConfiguration = code === 'ERR_CA_NEEDED'
  }
}
