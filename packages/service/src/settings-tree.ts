/** Settings as they come from a file: keys, nested sections, and values of any kind. */
export type Tree = { [key: string]: unknown }

/** Where a setting stands: section and key, for example `['broker', 'port']`. */
export type KeyPath = readonly string[]

/** Settings of one source, and how a message names that source. */
export interface Layer {
  readonly kind: 'default' | 'file' | 'environment' | 'flag'
  readonly name: string
  readonly values: Tree
}

/** Whether `value` holds further keys. */
export function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The value at `path`; undefined where there is none. */
export function valueAt(tree: unknown, path: KeyPath): unknown {
  return path.reduce<unknown>(
    (value, key) => (isTree(value) && Object.hasOwn(value, key) ? value[key] : undefined),
    tree,
  )
}

/** A tree that holds `value` at `path` and nothing else. */
export function treeWith(path: KeyPath, value: unknown): Tree {
  const [key = '', ...rest] = path
  return { [key]: rest.length === 0 ? value : treeWith(rest, value) }
}

/** `below` with the values of `above` in place of its own; what is undefined in `above` is left. */
export function overlay(below: Tree, above: Tree): Tree {
  const result = { ...below }
  for (const [key, value] of Object.entries(above)) {
    if (value === undefined) continue
    const under = result[key]
    result[key] = isTree(value) && isTree(under) ? overlay(under, value) : value
  }
  return result
}

/** Every value of the tree that holds no further keys, with its path. */
export function leaves(tree: Tree, path: KeyPath = []): { path: KeyPath; value: unknown }[] {
  return Object.entries(tree).flatMap(([key, value]) =>
    isTree(value) ? leaves(value, [...path, key]) : [{ path: [...path, key], value }],
  )
}
