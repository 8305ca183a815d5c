import { ServiceError } from './errors.ts'

/** What a log says of something that was thrown. */
export interface Failure {
  readonly message: string
  readonly code: string | undefined
  readonly stack: string | undefined
}

/** Reads any thrown value; what is no Error becomes the message. */
export function explainFailure(error: unknown): Failure {
  if (!(error instanceof Error))
    return { message: String(error), code: undefined, stack: undefined }
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined
  return { message: error.message, code, stack: error.stack }
}

/**
 * Whether whoever configures the daemon can mend it, and starting it again would not. Errors of other
 * packages say so themselves, by `isConfiguration`.
 */
export function isConfigurationError(error: unknown): boolean {
  if (error instanceof ServiceError) return true
  return error instanceof Error && 'isConfiguration' in error && error.isConfiguration === true
}
