/**
 * - `ERR_ZOO_UNKNOWN_MODEL` the zoo has no architecture of that name; the message lists those it has
 * - `ERR_ZOO_SEED` a seed is no whole number from 0 to 2^53 − 1
 */
export type ZooErrorCode = 'ERR_ZOO_UNKNOWN_MODEL' | 'ERR_ZOO_SEED'

/** A model or seed that the zoo cannot serve. */
export class ZooError extends Error {
  override readonly name = 'ZooError'
  readonly code: ZooErrorCode

  constructor(code: ZooErrorCode, message: string) {
    super(message)
    this.code = code
  }
}
