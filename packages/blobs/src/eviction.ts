/** A file of the store as eviction sees it. */
export interface StoredFile {
  readonly sha: string
  readonly path: string
  readonly bytes: number
  readonly usedAtMs: number
}

/**
 * The files to remove so that the others fit into `maxBytes`: least recently used first, none that is
 * in use.
 */
export function chooseEvictions(
  files: readonly StoredFile[],
  maxBytes: number,
  inUse: ReadonlySet<string>,
): StoredFile[] {
  let excess = files.reduce((sum, { bytes }) => sum + bytes, -maxBytes)
  const candidates = files
    .filter(({ sha }) => !inUse.has(sha))
    .sort((a, b) => a.usedAtMs - b.usedAtMs || a.sha.localeCompare(b.sha))
  return candidates.filter(({ bytes }) => {
    const needed = excess > 0
    if (needed) excess -= bytes
    return needed
  })
}
