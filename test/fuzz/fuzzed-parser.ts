import type { Random } from './random.ts'

/** A parser of bytes that strangers send, and what it is fed with. */
export interface FuzzedParser {
  readonly name: string
  /** Sound payloads, all of which the parser accepts. */
  readonly seeds: readonly Uint8Array[]
  /** A payload that keeps the outer form of a sound one, so that it is refused late if at all. */
  readonly forge?: (random: Random) => Uint8Array
  /** The classes of its refusals, each of which must have a `code`. */
  readonly errors: readonly (new (
    ...args: never[]
  ) => Error)[]
  /** Parses, and uses the result as the product does. */
  readonly parse: (payload: Uint8Array, random: Random) => unknown
  /** Bytes of memory that parsing may take whatever the length: errors, their stacks. @default 512 KiB */
  readonly ownBytes?: number
  /** Bytes of memory that a byte of payload may take, while it is parsed. @default 256 */
  readonly bytesPerByte?: number
  /** Payloads of this parser for each of an ordinary one; below 1 where one takes long. @default 1 */
  readonly share?: number
}
