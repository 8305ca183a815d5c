import { SHA256_HEX } from '@cocoi/protocol'
import { BlobError } from './errors.ts'

/**
 * Returns `sha` if it is a SHA-256 digest in lower-case hexadecimal. Only then may it become part of
 * a path: it can neither leave the folder nor name anything but a blob.
 *
 * @throws {BlobError} ERR_BAD_SHA
 */
export function requireSha(sha: string): string {
  if (isSha(sha)) return sha
  const shown = JSON.stringify(String(sha).slice(0, 80))
  throw new BlobError('ERR_BAD_SHA', `${shown} is no SHA-256: 64 digits of 0-9 a-f are needed`)
}

/** Whether `text` is a SHA-256 digest in lower-case hexadecimal. */
export function isSha(text: string): boolean {
  return typeof text === 'string' && SHA256_HEX.test(text)
}
