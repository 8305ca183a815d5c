/**
 * - `ERR_BAD_CONFIG` a setting, a settings file or an environment variable cannot be used
 * - `ERR_BAD_SECRET` a file with a secret cannot be used
 */
export type ServiceErrorCode = 'ERR_BAD_CONFIG' | 'ERR_BAD_SECRET'

/**
 * A daemon cannot start as it is configured. The message is one sentence for the person who
 * configures it: where the value stands, what it is and what would do.
 */
export class ServiceError extends Error {
  readonly code: ServiceErrorCode

  constructor(code: ServiceErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'ServiceError'
    this.code = code
  }
}

/** Shorthand for the commonest refusal. */
export function badConfig(message: string, cause?: unknown): ServiceError {
  return new ServiceError('ERR_BAD_CONFIG', message, cause === undefined ? undefined : { cause })
}
