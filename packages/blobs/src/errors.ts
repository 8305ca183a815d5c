/**
 * - `ERR_BAD_SHA` a name is not a SHA-256 digest of 64 lower-case hexadecimal digits
 * - `ERR_BLOB_MISSING` the store or the coordinator does not have the blob
 * - `ERR_BLOB_RANGE` a range lies beyond the end of its file
 * - `ERR_BLOB_TIMEOUT` the coordinator did not answer; what has arrived is kept for the next fetch
 * - `ERR_BLOB_CORRUPT` what arrived does not have the digest it was asked by, twice in a row
 * - `ERR_DISK_FULL` the blob does not fit on the disk; what had arrived of it was removed
 * - `ERR_CLOSED` the client was closed during the fetch
 */
export type BlobErrorCode =
  | 'ERR_BAD_SHA'
  | 'ERR_BLOB_MISSING'
  | 'ERR_BLOB_RANGE'
  | 'ERR_BLOB_TIMEOUT'
  | 'ERR_BLOB_CORRUPT'
  | 'ERR_DISK_FULL'
  | 'ERR_CLOSED'

/** Why a blob could not be stored, read or fetched. */
export class BlobError extends Error {
  readonly code: BlobErrorCode

  constructor(code: BlobErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'BlobError'
    this.code = code
  }
}

/** The system's code of a failed file operation, such as `ENOENT`. */
export function systemCode(error: unknown): string | undefined {
  return error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined
}

/** The error itself, or ERR_DISK_FULL in its place if the disk or the quota is exhausted. */
export function explainDiskFull(error: unknown, path: string): unknown {
  const code = systemCode(error)
  if (code !== 'ENOSPC' && code !== 'EDQUOT') return error
  const message = `no space left for ${path} (${code}); free some or lower device.maxCacheBytes`
  return new BlobError('ERR_DISK_FULL', message, { cause: error })
}
