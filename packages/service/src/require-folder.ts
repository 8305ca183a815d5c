import { access, constants } from 'node:fs/promises'
import { resolve } from 'node:path'
import { getSystemErrorMap } from 'node:util'
import { badConfig } from './errors.ts'
import { makeFolder } from './make-folder.ts'

/** What a folder is needed for; one that is only read may lie on a disk that cannot be written. */
export type FolderUse = 'read' | 'write'

/**
 * Makes the folder that a setting names, if need be.
 *
 * @param setting for the message, such as `device.state`
 * @throws {ServiceError} ERR_BAD_CONFIG if it cannot be made, read or written
 */
export async function requireFolder(setting: string, path: string, use: FolderUse): Promise<void> {
  const mode = use === 'write' ? constants.W_OK : constants.R_OK
  try {
    await makeFolder(resolve(path))
    await access(path, mode | constants.X_OK)
  } catch (cause) {
    const deed = use === 'write' ? 'written' : 'read'
    const message = `${setting} is "${path}", a folder that cannot be ${deed}: ${reasonOf(cause)}`
    throw badConfig(message, cause)
  }
}

function reasonOf(error: unknown): string {
  const { errno, message } = error as NodeJS.ErrnoException
  return getSystemErrorMap().get(errno ?? 0)?.[1] ?? message
}
