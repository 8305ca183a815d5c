import type { z } from 'zod'
import { badMessage } from './errors.ts'
import { requireSize, validate } from './validate.ts'

/** Largest JSON status, health, event or model message, in bytes. */
export const MAX_JSON_BYTES = 256 * 1024

const decoder = new TextDecoder('utf-8', { fatal: true })
const encoder = new TextEncoder()

/** The UTF-8 bytes of the value's JSON text. */
export function encodeJson(value: unknown): Uint8Array {
  return encoder.encode(JSON.stringify(value))
}

/**
 * The value of a JSON text, not yet to be trusted.
 *
 * @throws {ProtocolError} ERR_BAD_MESSAGE if the bytes are not JSON in UTF-8
 */
export function decodeJson(what: string, bytes: Uint8Array): unknown {
  try {
    return JSON.parse(decoder.decode(bytes))
  } catch (cause) {
    throw badMessage(`${what}: ${bytes.length} bytes are not JSON in UTF-8`, cause)
  }
}

/**
 * A small JSON message, checked.
 *
 * @throws {ProtocolError} ERR_TOO_LARGE, ERR_BAD_MESSAGE
 */
export function parseJson<S extends z.ZodType>(
  what: string,
  schema: S,
  bytes: Uint8Array,
): z.output<S> {
  requireSize(what, bytes, MAX_JSON_BYTES)
  return validate(what, schema, decodeJson(what, bytes))
}
