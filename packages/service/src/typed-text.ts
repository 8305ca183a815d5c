import { isTree, type KeyPath, type Tree, valueAt } from './settings-tree.ts'

/**
 * The value a text from the environment or a command line stands for, by the type of the default:
 * a decimal number, or `true` and `false`. Any other text stays what it is.
 */
export function typedText(text: string, like: unknown): string | number | boolean {
  if (typeof like === 'number' && /^[+-]?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(text)) return Number(text)
  if (typeof like === 'boolean' && (text === 'true' || text === 'false')) return text === 'true'
  return text
}

/** `tree` with every text in it converted by the default at the same place. */
export function typedTree(tree: Tree, defaults: Tree, path: KeyPath = []): Tree {
  const entries = Object.entries(tree).map(([key, value]) => {
    const place = [...path, key]
    if (isTree(value)) return [key, typedTree(value, defaults, place)]
    return [key, typeof value === 'string' ? typedText(value, valueAt(defaults, place)) : value]
  })
  return Object.fromEntries(entries) as Tree
}
