import { accessSync, constants, realpathSync, statSync } from 'node:fs'
import { delimiter, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { badConfig } from './errors.ts'

/** The folder with the defaults, found from this file so that the working directory does not matter. */
export const OWN_CONFIG_FOLDER = fileURLToPath(new URL('../../../config', import.meta.url))

/** The file with the defaults in that folder. */
export const DEFAULTS_FILE = 'default.json5'

/**
 * The folders settings are read from, as absolute paths, later ones overriding earlier ones: our own,
 * then those of NODE_CONFIG_DIR, or without it `config` in the working directory if there is one.
 *
 * @throws {ServiceError} ERR_BAD_CONFIG if a folder is missing or cannot be read; node-config itself
 *   would go on without it
 */
export function configFolders(environment: NodeJS.ProcessEnv, workingFolder: string): string[] {
  const named = (environment.NODE_CONFIG_DIR ?? '').split(delimiter).filter(Boolean)
  const others = named.length > 0 ? named : presentFolder(resolve(workingFolder, 'config'))
  const folders = [OWN_CONFIG_FOLDER, ...others.map(folder => resolve(workingFolder, folder))]
  return [...new Set(folders.map(readableFolder))]
}

function presentFolder(folder: string): string[] {
  return statSync(folder, { throwIfNoEntry: false })?.isDirectory() ? [folder] : []
}

function readableFolder(folder: string): string {
  try {
    if (!statSync(folder).isDirectory()) throw new Error('it is not a folder')
    accessSync(folder, constants.R_OK | constants.X_OK)
    return realpathSync(folder)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    const hint = folder === OWN_CONFIG_FOLDER ? 'reinstall' : 'correct NODE_CONFIG_DIR'
    throw badConfig(`the folder ${folder} of settings cannot be read: ${reason}; ${hint}`, cause)
  }
}
