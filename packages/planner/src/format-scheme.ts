import type { Code, Scheme } from '@cocoi/coding'

/** A scheme in the form in which users ask for it, with the numbers it was given. */
export function formatScheme(scheme: Scheme): string {
  if (scheme.type === 'uncoded') return 'uncoded'
  if (scheme.type === 'replication') return `replication:${scheme.r}`
  return `${scheme.type}:${scheme.n},${scheme.k}`
}

/**
 * The schemes of all stages, the most frequent first: `mds:10,8` where all have the same, otherwise
 * `mds:10,8 ×9, uncoded ×4`.
 */
export function formatSchemes(stages: readonly { readonly code: Code }[]): string {
  const counts = new Map<string, number>()
  for (const { code } of stages) {
    const name = formatScheme(code.scheme)
    counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  const sorted = [...counts].sort(([, a], [, b]) => b - a)
  if (sorted.length === 1) return sorted[0]![0]
  return sorted.map(([name, count]) => `${name} ×${count}`).join(', ')
}
