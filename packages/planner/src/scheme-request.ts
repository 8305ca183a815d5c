import { createCode } from '@cocoi/coding'
import { PlannerError } from './errors.ts'

/** What a user asks for; numbers that are left out are chosen for the devices at hand. */
export type SchemeRequest =
  | { readonly type: 'local' }
  | { readonly type: 'whole' }
  | { readonly type: 'uncoded' }
  | { readonly type: 'replication'; readonly r: number }
  | { readonly type: 'mds' | 'vandermonde' | 'lt'; readonly n?: number; readonly k?: number }

/** The forms `parseSchemeRequest` reads, for messages and help texts. */
export const schemeForms =
  'local | whole | uncoded | replication:r | mds[:n,k] | vandermonde:n,k | lt:n,k'

/**
 * Reads a scheme as users write it, for example `mds:6,4`.
 *
 * @throws {PlannerError} ERR_BAD_SCHEME_NAME if it has no such form
 * @throws {CodingError} ERR_BAD_SCHEME if its numbers are impossible (k > n, k = 0)
 */
export function parseSchemeRequest(text: string): SchemeRequest {
  const [name = '', list] = text.trim().split(':')
  const numbers = list === undefined ? [] : list.split(',').map(Number)
  const request = requestOf(name, numbers)
  if (request) return request
  const message = `"${text}" is not a scheme: use ${schemeForms}, for example mds:6,4`
  throw new PlannerError('ERR_BAD_SCHEME_NAME', message)
}

function requestOf(name: string, numbers: number[]): SchemeRequest | undefined {
  const [first, second] = numbers
  if (name === 'local' || name === 'whole' || name === 'uncoded') {
    return numbers.length === 0 ? { type: name } : undefined
  }
  if (name === 'replication' && numbers.length <= 1) {
    createCode({ type: 'replication', k: 1, r: first ?? 2 })
    return { type: 'replication', r: first ?? 2 }
  }
  if (name !== 'mds' && name !== 'vandermonde' && name !== 'lt') return undefined
  if (numbers.length === 0) return { type: name }
  if (numbers.length !== 2) return undefined
  createCode(codeOf(name, first!, second!))
  return { type: name, n: first!, k: second! }
}

function codeOf(type: 'mds' | 'vandermonde' | 'lt', n: number, k: number) {
  return type === 'lt' ? ({ type, n, k, seed: 1 } as const) : ({ type, n, k } as const)
}

/** The form that `parseSchemeRequest` reads back. */
export function formatSchemeRequest(request: SchemeRequest): string {
  if (request.type === 'replication') return `replication:${request.r}`
  if (!('k' in request) || request.k === undefined) return request.type
  return `${request.type}:${request.n},${request.k}`
}
