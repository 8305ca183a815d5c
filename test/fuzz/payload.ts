import { damageBytes } from './damage-bytes.ts'
import type { FuzzedParser } from './fuzzed-parser.ts'
import { pick, type Random, randomBytes, randomFor } from './random.ts'

/** A payload and the generator that made it, for what else is decided by chance. */
export interface Payload {
  readonly bytes: Uint8Array
  readonly random: Random
}

/** The `index`-th payload for a parser: forged, a damaged sound one, or noise. */
export function payload(parser: FuzzedParser, seed: number, index: number): Payload {
  const random = randomFor(seed, parser.name, index)
  const kind = random()
  if (kind < 0.02) return { bytes: randomBytes(random, Math.floor(random() * 200)), random }
  const forged = kind < 0.5 ? forge(parser, random) : undefined
  if (forged && kind < 0.42) return { bytes: forged, random }
  return { bytes: damageBytes(forged ?? pick(random, parser.seeds), random, parser.seeds), random }
}

/** Undefined where nothing can be forged, or the encoder refuses what was to be encoded. */
function forge({ forge }: FuzzedParser, random: Random): Uint8Array | undefined {
  try {
    return forge?.(random)
  } catch {
    return undefined
  }
}
