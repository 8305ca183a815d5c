import { createHash } from 'node:crypto'

/** Numbers in [0, 2³²) by mulberry32, the same for the same seed. */
export function seededNumbers(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return (t ^ (t >>> 14)) >>> 0
  }
}

/** Bytes that look random and are the same for the same seed. */
export function seededBytes(length: number, seed = 1): Uint8Array {
  const next = seededNumbers(seed)
  return Uint8Array.from({ length }, () => next() & 0xff)
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
