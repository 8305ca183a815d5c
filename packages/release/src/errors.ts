/**
 * - `ERR_COMMAND_FAILED` npm, tar or the packed program ended with a failure
 * - `ERR_INCOMPLETE` something the release needs is not there
 * - `ERR_TOO_LARGE` a tarball is beyond the size a release may have
 */
export type ReleaseErrorCode = 'ERR_COMMAND_FAILED' | 'ERR_INCOMPLETE' | 'ERR_TOO_LARGE'

/** Why there is no release. */
export class ReleaseError extends Error {
  readonly code: ReleaseErrorCode

  constructor(code: ReleaseErrorCode, message: string) {
    super(message)
    this.name = 'ReleaseError'
    this.code = code
  }
}
