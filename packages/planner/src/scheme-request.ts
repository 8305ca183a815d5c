import { createCode } from '@cocoi/coding'
import { PlannerError } from './errors.ts'

/** How layers are shared; numbers that are left out are chosen for the devices at hand. */
export type SharingRequest =
  | { readonly type: 'uncoded' }
  | { readonly type: 'replication'; readonly r: number }
  | { readonly type: 'mds' | 'vandermonde' | 'lt'; readonly n?: number; readonly k?: number }

/** What a user asks for; under `auto` whatever is predicted to be fastest. */
export type SchemeRequest =
  | { readonly type: 'auto' }
  | { readonly type: 'local' }
  | { readonly type: 'whole' }
  | SharingRequest

/** Whether the planner has to choose, which it does anew when the fleet turns out to be another. */
export function isLeftToPlanner(request: SchemeRequest): boolean {
  return request.type === 'auto' || (request.type === 'mds' && request.k === undefined)
}

/** The forms `parseSchemeRequest` reads, for messages and help texts. */
export const schemeForms =
  'auto | local | whole | uncoded | replication[:r] | mds[:n,k] | vandermonde[:n,k] | lt[:n,k]'

/**
 * Reads a scheme as users write it, for example `mds:6,4`.
 *
 * @throws {PlannerError} ERR_BAD_SCHEME_NAME if it has no such form
 * @throws {CodingError} ERR_BAD_SCHEME if its numbers are impossible (k > n, k = 0)
 */
export function parseSchemeRequest(text: string): SchemeRequest {
  const form = /^([a-z]+)(?::(\d+(?:,\d+)*))?$/.exec(text.trim())
  const request = form && requestOf(form[1]!, form[2]?.split(',').map(Number) ?? [])
  if (request) return request
  const message = `"${text}" is not a scheme: use ${schemeForms}, for example mds:6,4`
  throw new PlannerError('ERR_BAD_SCHEME_NAME', message)
}

function requestOf(name: string, numbers: readonly number[]): SchemeRequest | undefined {
  switch (name) {
    case 'auto':
    case 'local':
    case 'whole':
    case 'uncoded':
      return numbers.length === 0 ? { type: name } : undefined
    case 'replication':
      return numbers.length <= 1 ? replication(numbers[0]) : undefined
    case 'mds':
    case 'vandermonde':
    case 'lt':
      if (numbers.length === 0) return { type: name }
      return numbers.length === 2 ? coded(name, numbers[0]!, numbers[1]!) : undefined
    default:
      return undefined
  }
}

function replication(r = 2): SchemeRequest {
  createCode({ type: 'replication', k: 1, r })
  return { type: 'replication', r }
}

function coded(type: 'mds' | 'vandermonde' | 'lt', n: number, k: number): SchemeRequest {
  createCode({ type, n, k, seed: 1 })
  return { type, n, k }
}

/** The form that `parseSchemeRequest` reads back. */
export function formatSchemeRequest(request: SchemeRequest): string {
  if (request.type === 'replication') return `replication:${request.r}`
  if (!('k' in request) || request.k === undefined) return request.type
  return `${request.type}:${request.n},${request.k}`
}
