import type { z } from 'zod'
import { badConfig, type ServiceError } from './errors.ts'
import { masked } from './masked.ts'
import { nearest } from './nearest.ts'
import { isTree, type KeyPath, type Layer, type Tree, valueAt } from './settings-tree.ts'

/** What is known about the settings when one of them is refused. */
export interface Findings {
  readonly values: Tree
  readonly defaults: Tree
  /** Later ones override earlier ones. */
  readonly layers: readonly Layer[]
}

/** The sentence for the first disagreement with the schema, which applies below `section`. */
export function explain(
  issues: readonly z.core.$ZodIssue[],
  section: KeyPath,
  findings: Findings,
): ServiceError {
  const [issue, ...others] = issues
  const path = [...section, ...(issue?.path ?? []).map(String)]
  const more = others.length === 0 ? '' : ` (and ${others.length} more)`
  if (issue?.code === 'unrecognized_keys') {
    const [key = '', ...keys] = issue.keys
    const rest = others.length + keys.length
    return unknownKey([...path, key], findings, rest === 0 ? '' : ` (and ${rest} more)`)
  }
  const reason = issue?.message.replace(/^Invalid (input|option): /, '') ?? 'cannot be used'
  return badConfig(`${stated(path, findings)}: ${reason}${more}`)
}

/**
 * Refuses sections that nobody knows.
 *
 * @throws {ServiceError} ERR_BAD_CONFIG
 */
export function checkSections(findings: Findings): void {
  const strange = Object.keys(findings.values).find(key => !Object.hasOwn(findings.defaults, key))
  if (strange !== undefined) throw unknownKey([strange], findings, '')
}

function unknownKey(path: KeyPath, { defaults, layers }: Findings, more: string): ServiceError {
  const siblings = valueAt(defaults, path.slice(0, -1))
  const known = isTree(siblings) ? Object.keys(siblings) : []
  const near = nearest(path.at(-1)!, known)
  const hint =
    near === undefined
      ? `known keys are ${known.join(', ')}`
      : `did you mean ${[...path.slice(0, -1), near].join('.')}?`
  return badConfig(`${path.join('.')}${origin(path, layers)} is not a setting: ${hint}${more}`)
}

function stated(path: KeyPath, { values, layers }: Findings): string {
  const value = valueAt(values, path)
  if (value === undefined) return `${path.join('.')} is missing`
  return `${path.join('.')} is ${quoted(value)}${origin(path, layers)}`
}

function origin(path: KeyPath, layers: readonly Layer[]): string {
  const layer = layers.findLast(({ values }) => valueAt(values, path) !== undefined)
  return layer === undefined ? '' : ` in ${layer.name}`
}

/** The value, short, and without the password that an URL may hold. */
function quoted(value: unknown): string {
  const text = masked(JSON.stringify(value))
  return text.length <= 80 ? text : `${text.slice(0, 80)}…`
}
