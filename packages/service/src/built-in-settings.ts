import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DEFAULTS_FILE, OWN_CONFIG_FOLDER } from './config-folders.ts'
import { parseWithNodeConfig } from './node-config.ts'
import { overlay, type Tree } from './settings-tree.ts'

/**
 * The built-in default of every setting, with `changes` in place of some. In NODE_CONFIG they leave
 * nothing to the files of the user: a process that is to run the same everywhere is started so.
 */
export function builtInSettings(changes: object): object {
  const file = join(OWN_CONFIG_FOLDER, DEFAULTS_FILE)
  return overlay(parseWithNodeConfig(file, readFileSync(file, 'utf8')), changes as Tree)
}
