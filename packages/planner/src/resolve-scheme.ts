import { createCode, Decoder, type Scheme } from '@cocoi/coding'
import { maxRows } from './candidates.ts'
import { formatSchemeRequest, type SharingRequest } from './scheme-request.ts'

/** A scheme that fits the devices, and what had to be changed for it. */
export interface ResolvedScheme {
  readonly scheme: Scheme
  readonly note: string | undefined
}

/**
 * Fits what was asked to the number of devices. A code needs no more rows than devices, and fewer
 * pieces than rows to be worth its redundancy. Of a fleet larger than the largest code the others
 * stand by.
 *
 * @param present at least two
 */
export function resolveScheme(request: SharingRequest, present: number): ResolvedScheme {
  const devices = Math.min(present, maxRows)
  if (request.type === 'uncoded')
    return { scheme: { type: 'uncoded', k: devices }, note: undefined }
  if (request.type === 'replication') return replication(request.r, devices)
  const n = Math.min(request.n ?? devices, devices)
  const k = Math.min(request.k ?? defaultPieces(n), request.n === n ? n : Math.max(1, n - 1))
  const changed = request.k !== undefined && (n !== request.n || k !== request.k)
  const note = changed
    ? `${formatSchemeRequest(request)} needs ${request.n} devices, ${devices} are here: using ${request.type}:${n},${k}`
    : undefined
  return { scheme: codeOf(request.type, n, k), note }
}

function codeOf(type: 'mds' | 'vandermonde' | 'lt', n: number, k: number): Scheme {
  return type === 'lt' ? { type, n, k, seed: ltSeed(n, k) } : { type, n, k }
}

/**
 * The first seed whose n rows determine the k pieces when all of them come back, since a random LT
 * code of few rows often does not; the same for the same numbers, everywhere.
 */
function ltSeed(n: number, k: number): number {
  const rows = Array.from({ length: n }, (_, i) => i)
  for (let seed = 1; seed <= 64; seed++) {
    const code = createCode({ type: 'lt', n, k, seed })
    if (new Decoder(code).decode(rows)) return seed
  }
  return 1
}

function replication(r: number, devices: number): ResolvedScheme {
  const copies = Math.min(r, devices)
  const note =
    copies < r
      ? `replication:${r} needs ${r} devices, ${devices} are here: using ${copies}`
      : undefined
  return { scheme: { type: 'replication', k: Math.floor(devices / copies), r: copies }, note }
}

/** Pieces when only the code is named: one spare device in three to five. */
function defaultPieces(n: number): number {
  return Math.max(1, n - Math.max(1, Math.round(n / 3.5)))
}

/** The same scheme cutting into fewer pieces, for layers that have fewer rows than it wants. */
export function withPieces(scheme: Scheme, k: number): Scheme {
  return scheme.type === 'lt' ? codeOf('lt', scheme.n, k) : { ...scheme, k }
}
