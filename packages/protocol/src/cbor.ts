import { Encoder, setSizeLimits } from 'cbor-x'
import { requirePlainCbor } from './cbor-outline.ts'
import { badMessage } from './errors.ts'

// The limits are global to the library, which otherwise allows arrays of 112 million elements.
setSizeLimits({ maxArraySize: 4096, maxMapSize: 256, maxObjectSize: 256 })

// Without records any CBOR library can read what we write; without tag 64 bytes stay byte strings.
const codec = new Encoder({ useRecords: false, tagUint8Array: false })

/** The CBOR encoding (RFC 8949) of a plain value: maps, arrays, text, numbers, byte strings. */
export function encodeCbor(value: unknown): Uint8Array {
  return codec.encode(value)
}

/**
 * The value encoded in `bytes`, which is not yet to be trusted: maps, arrays, text, numbers, byte
 * strings, in any order. Byte strings are views.
 *
 * @throws {ProtocolError} ERR_BAD_MESSAGE if the bytes are no single CBOR item, or not a plain one
 */
export function decodeCbor(bytes: Uint8Array): unknown {
  requirePlainCbor(bytes)
  try {
    // A view of our own: the decoder attaches a property to the array it is given.
    return codec.decode(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength))
  } catch (cause) {
    throw badMessage(`${bytes.length} bytes are not one CBOR item: ${reason(cause)}`, cause)
  }
}

function reason(cause: unknown): string {
  return cause instanceof Error ? cause.message : 'the decoder failed'
}
