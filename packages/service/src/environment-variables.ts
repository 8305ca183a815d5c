import { badConfig } from './errors.ts'
import { nearest } from './nearest.ts'
import {
  isTree,
  type KeyPath,
  type Layer,
  leaves,
  type Tree,
  treeWith,
  valueAt,
} from './settings-tree.ts'
import { typedText } from './typed-text.ts'

const PREFIX = 'COCOI_'

/**
 * One layer per variable that is set. The text is converted by the type of the default, whatever
 * `__format` says: node-config's `number` removes the key when the text is no number, and its
 * `boolean` takes `yes` for false. What cannot be converted stays a text and is refused by the schema.
 *
 * @param files where keys name their variables, as a text or as `{__name, __format}`
 */
export function variableLayers(
  files: readonly Tree[],
  defaults: Tree,
  environment: NodeJS.ProcessEnv,
): Layer[] {
  return files.flatMap(variables).flatMap(({ path, name }) => {
    const text = environment[name]
    const value = valueAt(defaults, path)
    if (text === undefined || text === '' || typeof value === 'object') return []
    return [{ kind: 'environment', name, values: treeWith(path, typedText(text, value)) }]
  })
}

function variables(file: Tree): { path: KeyPath; name: string }[] {
  return leaves(file).flatMap(({ path, value }) => {
    if (typeof value !== 'string' || path.at(-1) === '__format') return []
    return [{ path: path.at(-1) === '__name' ? path.slice(0, -1) : path, name: value }]
  })
}

/**
 * Refuses a variable that was meant to set a key and sets none: one that begins like those of a
 * section, or is a slip of the name of one.
 *
 * @throws {ServiceError} ERR_BAD_CONFIG
 */
export function checkVariableNames(
  files: readonly Tree[],
  defaults: Tree,
  environment: NodeJS.ProcessEnv,
): void {
  const known = files.flatMap(variables).map(({ name }) => name)
  const sections = Object.keys(defaults).filter(key => isTree(defaults[key]))
  const prefixes = sections.map(section => `${PREFIX}${section.toUpperCase()}_`)
  for (const [name, text] of Object.entries(environment)) {
    if (!name.startsWith(PREFIX) || !text || known.includes(name)) continue
    const near = nearest(
      name.slice(PREFIX.length),
      known.map(other => other.slice(PREFIX.length)),
    )
    if (near === undefined && !prefixes.some(prefix => name.startsWith(prefix))) continue
    const hint =
      near === undefined ? 'config/README.md lists them' : `did you mean ${PREFIX}${near}?`
    throw badConfig(`the environment variable ${name} sets nothing: ${hint}`)
  }
}
