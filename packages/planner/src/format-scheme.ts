import type { Scheme } from '@cocoi/coding'

/** A scheme in the form in which users ask for it, with the numbers it was given. */
export function formatScheme(scheme: Scheme): string {
  if (scheme.type === 'uncoded') return 'uncoded'
  if (scheme.type === 'replication') return `replication:${scheme.r}`
  return `${scheme.type}:${scheme.n},${scheme.k}`
}
