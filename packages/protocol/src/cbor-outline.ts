import { badMessage } from './errors.ts'

/** Most items of one message: a plan of 4096 stages has some 90,000, a result half as many. */
const MAX_ITEMS = 2 ** 18

/** Deepest nesting of arrays and maps; ours are five deep. */
const MAX_DEPTH = 32

/** Bytes that are not text (RFC 8746): what some libraries write around every byte string. */
const TAG_BYTES = 64

/** Bytes of the argument that follows the first byte of an item, by the low five bits of that byte. */
const ARGUMENT_BYTES: Readonly<Record<number, number>> = { 24: 1, 25: 2, 26: 4, 27: 8 }

const INDEFINITE = 31
const BREAK = 0xff

/** Kind of an item: the high three bits of its first byte. */
const Major = { bytes: 2, text: 3, array: 4, map: 5, tag: 6 } as const

/**
 * Refuses CBOR (RFC 8949) that a decoder would build something else from than maps, arrays, text,
 * bytes and numbers, or too many of them: tags, deep nesting, more than MAX_ITEMS items. A decoder
 * that knows tags makes a big number of a megabyte in a minute, and objects of one byte each.
 *
 * @throws {ProtocolError} ERR_BAD_MESSAGE
 */
export function requirePlainCbor(bytes: Uint8Array): void {
  const walk = new Walk(bytes)
  while (!walk.done) walk.step()
}

/** One pass over the items, in constant memory. */
class Walk {
  readonly #bytes: Uint8Array
  /** Items still to come in each open array or map; infinite where only a break ends it. */
  readonly #open: number[] = [1]
  #position = 0
  #items = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  get done(): boolean {
    if (this.#open.length > 0) return false
    if (this.#position === this.#bytes.length) return true
    throw this.#refusal('another item follows the first')
  }

  step(): void {
    const first = this.#take()
    if (first === BREAK) return this.#endIndefinite()
    if (++this.#items > MAX_ITEMS) throw this.#refusal(`more than ${MAX_ITEMS} items`)
    const major = first >> 5
    const argument = this.#argument(first & 31)
    if (major === Major.tag) return this.#tag(argument)
    this.#countItem()
    if (major === Major.bytes || major === Major.text) this.#skip(argument)
    else if (major === Major.array) this.#enter(argument)
    else if (major === Major.map) this.#enter(2 * argument)
    else if (argument === Number.POSITIVE_INFINITY) throw this.#refusal('a number without length')
    this.#leaveComplete()
  }

  #take(): number {
    const byte = this.#bytes[this.#position]
    if (byte === undefined) throw this.#refusal('it ends inside an item')
    this.#position += 1
    return byte
  }

  #argument(low: number): number {
    if (low < 24) return low
    if (low === INDEFINITE) return Number.POSITIVE_INFINITY
    const width = ARGUMENT_BYTES[low]
    if (width === undefined) throw this.#refusal(`a length of the reserved form ${low}`)
    let value = 0
    for (let count = 0; count < width; count += 1) value = value * 256 + this.#take()
    return value
  }

  #skip(length: number): void {
    if (length === Number.POSITIVE_INFINITY) throw this.#refusal('a string in pieces')
    if (length > this.#bytes.length - this.#position) {
      throw this.#refusal(`a string of ${length} bytes, longer than the message`)
    }
    this.#position += length
  }

  #tag(tag: number): void {
    const next = this.#bytes[this.#position]
    if (tag === TAG_BYTES && next !== undefined && next >> 5 === Major.bytes) return
    throw this.#refusal(`the tag ${tag}`)
  }

  #enter(items: number): void {
    if (this.#open.length > MAX_DEPTH) throw this.#refusal(`nested more than ${MAX_DEPTH} deep`)
    this.#open.push(items)
  }

  #countItem(): void {
    this.#open[this.#open.length - 1]! -= 1
  }

  #leaveComplete(): void {
    while (this.#open.at(-1) === 0) this.#open.pop()
  }

  #endIndefinite(): void {
    if (this.#open.at(-1) !== Number.POSITIVE_INFINITY) throw this.#refusal('a break out of place')
    this.#open.pop()
    this.#leaveComplete()
  }

  #refusal(what: string) {
    return badMessage(
      `${this.#bytes.length} bytes are no plain CBOR: ${what}, at ${this.#position}`,
    )
  }
}
