import { getSystemErrorMap } from 'node:util'

/** A system call that failed. */
export interface SystemError extends Error {
  readonly code: string
  readonly errno: number
  readonly syscall: string
  readonly path?: string
  readonly dest?: string
}

/** What a call was to do; the others are named as they are. */
const deeds: Readonly<Record<string, string>> = {
  copyfile: 'copy',
  mkdir: 'make the folder',
  mkdtemp: 'make the folder',
  scandir: 'list',
  lstat: 'read',
  stat: 'read',
  rm: 'remove',
  rmdir: 'remove',
  unlink: 'remove',
}

/** What can be done about the commonest ones. */
const remedies: Readonly<Record<string, string>> = {
  ENOSPC: 'free some space, or set TMPDIR to a folder with more',
  EDQUOT: 'free some space, or set TMPDIR to a folder elsewhere',
  EROFS: 'name a folder that can be written, or set TMPDIR to one',
  EACCES: 'correct its permissions, or name another',
  EMFILE: 'raise the limit with ulimit -n',
}

export function isSystemError(error: unknown): error is SystemError {
  return error instanceof Error && 'syscall' in error && 'errno' in error
}

/** The reason alone, for a sentence that names the file: `no such file or directory`. */
export function systemReason(error: unknown): string {
  if (!isSystemError(error)) return error instanceof Error ? error.message : String(error)
  return getSystemErrorMap().get(error.errno)?.[1] ?? error.code
}

/** A sentence that names the file and, where there is one, the remedy. */
export function explainSystemError(error: SystemError): string {
  const { code, syscall, path, dest } = error
  const deed = [deeds[syscall] ?? syscall, path, ...(dest ? ['to', dest] : [])]
  const what = path === undefined ? `the system refused "${syscall}"` : `cannot ${deed.join(' ')}`
  const remedy = remedies[code]
  return `${what}: ${systemReason(error)}${remedy === undefined ? '' : `; ${remedy}`}`
}
