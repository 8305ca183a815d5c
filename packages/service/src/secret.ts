import { closeSync, fstatSync, openSync, readFileSync, type Stats } from 'node:fs'
import { resolve, sep } from 'node:path'
import { ServiceError } from './errors.ts'

const MAX_SECRET_BYTES = 65536

/**
 * The secret in a file that only its owner may read, without one newline at its end.
 *
 * @throws {ServiceError} ERR_BAD_SECRET if the file cannot be read, is empty or larger than 64 KiB,
 *   or may be read by others
 */
export function readSecret(path: string): string {
  try {
    return secretIn(path)
  } catch (cause) {
    if (cause instanceof ServiceError) throw cause
    throw refused(`${path} cannot be read: ${(cause as Error).message}`, cause)
  }
}

function secretIn(path: string): string {
  const file = openSync(path, 'r')
  try {
    // The open file is checked, not the path: the path may lead elsewhere a moment later.
    checkFile(path, fstatSync(file))
    const secret = readFileSync(file, 'utf8').replace(/\r?\n$/, '')
    if (secret === '') throw refused(`${path} is empty: write the secret into it`)
    return secret
  } finally {
    closeSync(file)
  }
}

function checkFile(path: string, stats: Stats): void {
  const { mode, size } = stats
  if (!stats.isFile()) throw refused(`${path} is not a file`)
  if (size > MAX_SECRET_BYTES) {
    throw refused(`${path} has ${size} bytes, more than the ${MAX_SECRET_BYTES} a secret may have`)
  }
  const others = mode & forbiddenBits(path)
  if (others === 0) return
  const octal = (mode & 0o777).toString(8).padStart(4, '0')
  throw refused(`${path} may be read by others (mode ${octal}): run chmod 600 ${path}`)
}

/**
 * systemd lets the service user read a credential with an access list, whose mask `stat` shows as
 * group bits; the folder itself is closed to others. Windows has no such bits.
 */
function forbiddenBits(path: string): number {
  const credentials = process.env.CREDENTIALS_DIRECTORY
  if (process.platform === 'win32') return 0
  return credentials && resolve(path).startsWith(resolve(credentials) + sep) ? 0o007 : 0o077
}

function refused(message: string, cause?: unknown): ServiceError {
  const options = cause === undefined ? undefined : { cause }
  return new ServiceError('ERR_BAD_SECRET', `the secret file ${message}`, options)
}
