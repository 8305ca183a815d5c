import type { FuzzedParser } from './fuzzed-parser.ts'
import { randomFor } from './random.ts'
import { attempt } from './trial.ts'

/** Runs of each sound payload, the quickest of which counts. */
const rounds = 30

/** What is too little to compare with: clocks and garbage collection are coarser. */
const floorMs = 0.05

/** Time that parsing takes on this machine, now, in ms for a payload of this length. */
export type Reference = (length: number) => number

/**
 * Measures sound payloads, whole and cut in half: an honest parser takes time in proportion to the
 * length of what it is given, whatever that says.
 */
export async function measureReference(parser: FuzzedParser): Promise<Reference> {
  let slowest = floorMs
  let shortest = Number.POSITIVE_INFINITY
  for (const seed of parser.seeds) {
    const halves = [seed, seed.subarray(0, seed.length >> 1)]
    for (const bytes of halves) slowest = Math.max(slowest, await quickest(parser, bytes))
    shortest = Math.min(shortest, seed.length)
  }
  return length => slowest * Math.max(1, length / Math.max(shortest, 64))
}

async function quickest(parser: FuzzedParser, bytes: Uint8Array): Promise<number> {
  let best = Number.POSITIVE_INFINITY
  for (let round = 0; round < rounds; round += 1) {
    const { ms } = await attempt(parser, { bytes, random: randomFor(0, parser.name, round) })
    best = Math.min(best, ms)
  }
  return best
}
