import { hostileBytes, hostileNumbers } from './hostile.ts'
import { below, pick, type Random, randomBytes } from './random.ts'

/** Longest payload that edits grow to; a few hostile values may make it longer. */
const maxBytes = 65_536

type Edit = (
  bytes: Uint8Array,
  at: number,
  random: Random,
  others: readonly Uint8Array[],
) => Uint8Array

const edits: readonly Edit[] = [
  (bytes, at, random) => put(bytes, at, Uint8Array.of(below(random, 256))),
  (bytes, at, random) => put(bytes, at, Uint8Array.of((bytes[at] ?? 0) ^ (1 << below(random, 8)))),
  (bytes, at, random) => put(bytes, at, integer(random)),
  (bytes, at, random) => splice(bytes, { at, removed: length(random) }),
  (bytes, at, random) => splice(bytes, { at, inserted: randomBytes(random, length(random)) }),
  (bytes, at, random) => splice(bytes, { at, inserted: pick(random, hostileBytes) }),
  (bytes, at, random) => put(bytes, at, pick(random, hostileBytes)),
  (bytes, at, random) => splice(bytes, { at, inserted: piece(bytes, random) }),
  (bytes, at, random, others) =>
    splice(bytes, { at, inserted: piece(pick(random, others), random) }),
  (bytes, at, random) => replaceNumber(bytes, at, random),
  (bytes, at, random) => (random() < 0.3 ? bytes.slice(0, at) : bytes),
  (bytes, at, random) => (random() < 0.05 ? repeated(bytes, at, random) : bytes),
]

/**
 * The bytes after one to four edits: changed, cut, repeated, joined with pieces of others, or with
 * pieces of the formats put into them.
 */
export function damageBytes(
  bytes: Uint8Array,
  random: Random,
  others: readonly Uint8Array[],
): Uint8Array {
  let damaged = bytes
  for (let count = 1 + below(random, 4); count > 0; count -= 1) {
    const at = below(random, damaged.length + 1)
    damaged = pick(random, edits)(damaged, at, random, others).subarray(0, maxBytes)
  }
  // A copy that begins where its buffer begins, or does not, as payloads in a chunk do.
  const offset = below(random, 9)
  const buffer = new Uint8Array(damaged.length + offset)
  buffer.set(damaged, offset)
  return buffer.subarray(offset)
}

function length(random: Random): number {
  return 1 + (random() < 0.8 ? below(random, 8) : below(random, 64))
}

function put(bytes: Uint8Array, at: number, values: Uint8Array): Uint8Array {
  const changed = bytes.slice()
  changed.set(values.subarray(0, Math.max(0, bytes.length - at)), at)
  return changed
}

function splice(
  bytes: Uint8Array,
  { at, removed = 0, inserted }: { at: number; removed?: number; inserted?: Uint8Array },
): Uint8Array {
  return new Uint8Array(
    Buffer.concat(
      [bytes.subarray(0, at), inserted ?? [], bytes.subarray(at + removed)].map(part =>
        Uint8Array.from(part),
      ),
    ),
  )
}

function piece(bytes: Uint8Array, random: Random): Uint8Array {
  const start = below(random, bytes.length + 1)
  return bytes.slice(start, start + length(random))
}

function repeated(bytes: Uint8Array, at: number, random: Random): Uint8Array {
  const part = Buffer.from(bytes.subarray(at, at + length(random)))
  return splice(bytes, { at, inserted: Buffer.concat(Array(1 + below(random, 5000)).fill(part)) })
}

/** A whole number in 2, 4 or 8 bytes, little- or big-endian, as lengths and offsets are written. */
function integer(random: Random): Uint8Array {
  const width = pick(random, [2, 4, 8])
  const value = pick(random, hostileNumbers)
  const bytes = Buffer.alloc(8)
  bytes.writeBigInt64LE(BigInt.asIntN(64, BigInt(Number.isFinite(value) ? Math.trunc(value) : -1)))
  const written = bytes.subarray(0, width)
  return new Uint8Array(random() < 0.5 ? written : written.reverse())
}

/** Another number where one is written in digits. */
function replaceNumber(bytes: Uint8Array, at: number, random: Random): Uint8Array {
  const isDigit = (byte: number) => byte >= 0x30 && byte <= 0x39
  const start = bytes.findIndex((byte, index) => index >= at && isDigit(byte))
  if (start < 0) return bytes
  const rest = bytes.subarray(start).findIndex(byte => !isDigit(byte))
  const removed = rest < 0 ? bytes.length - start : rest
  return splice(bytes, {
    at: start,
    removed,
    inserted: Buffer.from(String(pick(random, hostileNumbers))),
  })
}
