import { join } from 'node:path'
import type { z } from 'zod'
import { configFolders, DEFAULTS_FILE } from './config-folders.ts'
import { checkVariableNames, variableLayers } from './environment-variables.ts'
import { badConfig } from './errors.ts'
import { checkSections, explain, type Findings } from './explain.ts'
import { readNodeConfig } from './node-config.ts'
import { type Layer, overlay, type Tree, treeWith, valueAt } from './settings-tree.ts'
import { typedTree } from './typed-text.ts'

/** Which part of the configuration is wanted. */
export interface LoadConfigOptions {
  /** Section the schema is for, such as `broker`; without it the schema is for all sections. */
  readonly section?: string
  /**
   * Settings from the command line in the shape of the section; they override everything else.
   * Undefined ones are left out, and texts become numbers or booleans where the default is one.
   */
  readonly flags?: object
}

/**
 * The settings of one section, validated: defaults, overridden by files, overridden by environment
 * variables, overridden by flags. They are plain data that may be sent to a worker thread.
 *
 * Files are read when this is called first in a process. See `config/README.md` for the folders.
 *
 * @throws {ServiceError} ERR_BAD_CONFIG with the key, its value, where it was set, and the nearest
 *   known key if it is unknown
 */
export function loadConfig<S extends z.ZodType>(
  schema: S,
  options: LoadConfigOptions = {},
): z.output<S> {
  const section = options.section === undefined ? [] : [options.section]
  const findings = gather(section, (options.flags ?? {}) as Tree)
  const outcome = schema.safeParse(valueAt(findings.values, section))
  if (outcome.success) return outcome.data
  throw explain(outcome.error.issues, section, findings)
}

/**
 * Everything the sources say, later layers overriding earlier ones.
 *
 * @param section where the flags belong
 * @throws {ServiceError} ERR_BAD_CONFIG for what is wrong with a source as a whole
 */
export function gather(section: readonly string[], flags: Tree): Findings {
  const [own = '', ...others] = configFolders(process.env, process.cwd())
  const { values, layers, variableFiles } = readNodeConfig([own, ...others])
  const defaults = defaultsOf(layers, join(own, DEFAULTS_FILE))
  checkVariableNames(variableFiles, defaults, process.env)
  const added: Layer[] = [
    ...variableLayers(variableFiles, defaults, process.env),
    flagLayer(typedTree(placed(section, flags), defaults)),
  ]
  const findings = {
    values: added.reduce((below, layer) => overlay(below, layer.values), values),
    defaults,
    layers: [...layers, ...added],
  }
  checkSections(findings)
  return findings
}

function flagLayer(values: Tree): Layer {
  return { kind: 'flag', name: 'the command line', values }
}

function placed(section: readonly string[], flags: Tree): Tree {
  return section.length === 0 ? flags : treeWith(section, flags)
}

function defaultsOf(layers: readonly Layer[], file: string): Tree {
  const layer = layers.find(({ name }) => name === file)
  if (layer !== undefined) return layer.values
  throw badConfig(`${file} with the defaults is missing or was not read: reinstall`)
}
