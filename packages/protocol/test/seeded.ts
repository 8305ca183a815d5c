/** Small seeded generator (mulberry32), uniform in [0, 1). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

export function pick<T>(random: () => number, values: readonly T[]): T {
  return values[Math.floor(random() * values.length)]!
}

export function randomBytes(random: () => number, length: number): Uint8Array {
  return Uint8Array.from({ length }, () => Math.floor(random() * 256))
}

/** The bytes with a few of them changed, inserted, removed, repeated or cut off. */
export function mutate(bytes: Uint8Array, random: () => number): Uint8Array {
  let damaged = [...bytes]
  const place = () => Math.floor(random() * damaged.length)
  for (let edits = 1 + Math.floor(random() * 3); edits > 0; edits--) {
    const at = place()
    const kind = Math.floor(random() * 6)
    if (kind <= 1) damaged[at] = Math.floor(random() * 256)
    else if (kind === 2) damaged[at]! ^= 1 << Math.floor(random() * 8)
    else if (kind === 3) damaged.splice(at, 1 + Math.floor(random() * 8))
    else if (kind === 4) damaged.splice(at, 0, ...randomBytes(random, 1 + Math.floor(random() * 8)))
    else if (random() < 0.3) damaged = damaged.slice(0, at)
  }
  return Uint8Array.from(damaged)
}
