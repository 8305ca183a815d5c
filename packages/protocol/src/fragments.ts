import { badMessage, ProtocolError } from './errors.ts'

/**
 * First bytes of a part. Read as the header length of a frame they exceed every limit, and they
 * begin no image, JSON text or CBOR map, so a part is never mistaken for a whole message.
 */
const MAGIC = [0x43, 0x4f, 0x43, 0x4f, 0x49, 0x50, 0x00, 0x01] as const

/** Bytes of a part before its share of the message. */
export const PART_HEADER_BYTES = 32

/** Most parts a message may have. */
export const MAX_PARTS = 4096

/** A part, taken apart. */
export interface Part {
  /** Random for each message, so that parts of two messages are never joined. */
  readonly id: bigint
  readonly index: number
  readonly count: number
  readonly totalBytes: number
  /** View of this part's share of the message. */
  readonly share: Uint8Array
}

/** Whether the payload is a part of a larger message. */
export function isPart(payload: Uint8Array): boolean {
  return payload.length >= MAGIC.length && MAGIC.every((byte, index) => payload[index] === byte)
}

/**
 * The payloads that carry a message to a broker which accepts `maxPayloadBytes`: the message itself
 * if it fits, otherwise its parts.
 *
 * @param id 64 random bits
 * @throws {ProtocolError} ERR_TOO_LARGE if more than MAX_PARTS parts would be needed
 */
export function splitPayload(
  message: Uint8Array,
  { maxPayloadBytes, id }: { maxPayloadBytes: number; id: bigint },
): Uint8Array[] {
  if (message.length <= maxPayloadBytes && !isPart(message)) return [message]
  const shareBytes =
    Math.min(maxPayloadBytes, message.length + PART_HEADER_BYTES) - PART_HEADER_BYTES
  const count = shareBytes > 0 ? Math.ceil(message.length / shareBytes) : Number.POSITIVE_INFINITY
  if (count > MAX_PARTS) {
    throw new ProtocolError(
      'ERR_TOO_LARGE',
      `a message of ${message.length} bytes needs ${count} parts of ${maxPayloadBytes} bytes, at ` +
        `most ${MAX_PARTS} are allowed; raise maxPayloadBytes`,
    )
  }
  return Array.from({ length: count }, (_, index) =>
    encodePart({
      id,
      index,
      count,
      totalBytes: message.length,
      share: message.subarray(index * shareBytes, (index + 1) * shareBytes),
    }),
  )
}

function encodePart({ id, index, count, totalBytes, share }: Part): Uint8Array {
  const bytes = new Uint8Array(PART_HEADER_BYTES + share.length)
  const view = new DataView(bytes.buffer)
  bytes.set(MAGIC)
  view.setBigUint64(8, id, true)
  view.setUint32(16, index, true)
  view.setUint32(20, count, true)
  view.setUint32(24, totalBytes, true)
  bytes.set(share, PART_HEADER_BYTES)
  return bytes
}

/**
 * Takes a part apart.
 *
 * @throws {ProtocolError} ERR_BAD_MESSAGE if its numbers contradict each other
 */
export function decodePart(payload: Uint8Array): Part {
  if (!isPart(payload) || payload.length < PART_HEADER_BYTES) {
    throw badMessage(`${payload.length} bytes are not a part of ${PART_HEADER_BYTES} bytes or more`)
  }
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength)
  const part = {
    id: view.getBigUint64(8, true),
    index: view.getUint32(16, true),
    count: view.getUint32(20, true),
    totalBytes: view.getUint32(24, true),
    share: payload.subarray(PART_HEADER_BYTES),
  }
  checkPart(part)
  return part
}

function checkPart({ index, count, totalBytes, share }: Part): void {
  if (count > MAX_PARTS || index >= count) {
    throw badMessage(
      `part ${index} of ${count}: the index must be below the count, at most ${MAX_PARTS}`,
    )
  }
  if (share.length === 0 || share.length > totalBytes) {
    throw badMessage(`a part of ${share.length} bytes in a message of ${totalBytes} bytes`)
  }
}
