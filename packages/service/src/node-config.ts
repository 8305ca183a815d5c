import { createRequire } from 'node:module'
import { basename, delimiter, join } from 'node:path'
import type { Config } from 'config'
import { DEFAULTS_FILE, OWN_CONFIG_FOLDER } from './config-folders.ts'
import { badConfig } from './errors.ts'
import { isTree, type Layer, type Tree } from './settings-tree.ts'

/** What node-config found: the merged values as plain data, and what each source held. */
export interface NodeConfig {
  readonly values: Tree
  /** Files and NODE_CONFIG, later ones overriding earlier ones. */
  readonly layers: readonly Layer[]
  /** Merged files that say which environment variable sets which key. */
  readonly variableFiles: readonly Tree[]
}

const VARIABLES = 'custom-environment-variables'

/**
 * Reads the settings of `folders`. node-config is a singleton that reads its folders when it is
 * loaded, so it is loaded here and not at the top of a file, and a later call of the same process
 * sees what the first one read.
 *
 * @throws {ServiceError} ERR_BAD_CONFIG for a file that cannot be read or parsed, malformed
 *   NODE_CONFIG, or a NODE_CONFIG_ENV no file belongs to
 */
export function readNodeConfig(folders: readonly string[]): NodeConfig {
  checkNodeConfigJson()
  const config = withEnvironment(environmentFor(folders), loadNodeConfig)
  const sources = config.util.getConfigSources()
  checkEnvironmentName(sources.map(({ name }) => basename(name)))
  return {
    values: config.util.toObject() as Tree,
    layers: sources
      .filter(({ name }) => !basename(name).startsWith(VARIABLES))
      .map(({ name, parsed }) => ({ kind: kindOf(name), name, values: parsed as Tree })),
    variableFiles: sources
      .filter(({ name }) => basename(name).startsWith(VARIABLES))
      .map(({ name, original }) => parseWithNodeConfig(name, original ?? '{}')),
  }
}

/** node-config calls its two sources that are no files `$NODE_CONFIG` and `--NODE_CONFIG argument`. */
function kindOf(name: string): Layer['kind'] {
  if (name.startsWith('$')) return 'environment'
  if (name.startsWith('--')) return 'flag'
  return name === join(OWN_CONFIG_FOLDER, DEFAULTS_FILE) ? 'default' : 'file'
}

const require = createRequire(import.meta.url)

function loadNodeConfig(): Config {
  try {
    return require('config') as Config
  } catch (cause) {
    throw badConfig(cause instanceof Error ? cause.message : String(cause), cause)
  }
}

/** The contents of a file of settings, by the ending of its name. */
export function parseWithNodeConfig(name: string, text: string): Tree {
  const { default: parser } = require('config/parser.js') as {
    default: { parse(name: string, text: string): unknown }
  }
  const tree = parser.parse(name, text)
  return isTree(tree) ? tree : {}
}

/** We check more strictly than node-config's own checks, which only print warnings. */
function environmentFor(folders: readonly string[]): Record<string, string> {
  return {
    NODE_CONFIG_DIR: folders.join(delimiter),
    SUPPRESS_STRICTNESS_CHECK: '1',
    SUPPRESS_NO_CONFIG_WARNING: '1',
  }
}

/** Runs `act` under other variables and puts the old ones back, so that children do not inherit them. */
function withEnvironment<T>(variables: Record<string, string>, act: () => T): T {
  const before = Object.keys(variables).map(name => [name, process.env[name]] as const)
  Object.assign(process.env, variables)
  try {
    return act()
  } finally {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name]
      else process.env[name] = value
    }
  }
}

/** node-config prints a line about malformed NODE_CONFIG and goes on without it. */
function checkNodeConfigJson(): void {
  const argument = process.argv.slice(2).find(text => text.startsWith('--NODE_CONFIG='))
  const texts = [
    ['NODE_CONFIG', process.env.NODE_CONFIG || '{}'],
    ['--NODE_CONFIG', argument?.slice('--NODE_CONFIG='.length) || '{}'],
  ] as const
  for (const [name, text] of texts) {
    if (!isTree(parsedJson(name, text))) {
      throw badConfig(`${name} must be a JSON object such as {"mqtt":{"base":"cocoi"}}`)
    }
  }
}

function parsedJson(name: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw badConfig(`${name} is not JSON: ${(cause as Error).message}`, cause)
  }
}

/** NODE_ENV means something to many programs; NODE_CONFIG_ENV only asks for our files. */
function checkEnvironmentName(files: readonly string[]): void {
  for (const name of (process.env.NODE_CONFIG_ENV ?? '').split(',').filter(Boolean)) {
    const found = files.some(file => file.startsWith(`${name}.`) || file.includes(`-${name}.`))
    if (found) continue
    throw badConfig(`NODE_CONFIG_ENV is "${name}", but no folder of settings holds ${name}.json5`)
  }
}
