import type { z } from 'zod'
import { badMessage } from './errors.ts'
import { requireSize, validate } from './validate.ts'

/** Largest JSON status, health, event or model message, in bytes. */
export const MAX_JSON_BYTES = 256 * 1024

/**
 * Most arrays and objects in one text. Tensors are few large arrays; a text of tiny ones would take
 * twenty times its size in memory.
 */
const MAX_JSON_CONTAINERS = 65_536

const OPEN_BRACKET = 0x5b
const OPEN_BRACE = 0x7b

const decoder = new TextDecoder('utf-8', { fatal: true })
const encoder = new TextEncoder()

/** The UTF-8 bytes of the value's JSON text. */
export function encodeJson(value: unknown): Uint8Array {
  return encoder.encode(JSON.stringify(value))
}

/**
 * The value of a JSON text, not yet to be trusted.
 *
 * @throws {ProtocolError} ERR_BAD_MESSAGE if the bytes are not JSON in UTF-8, or more arrays and
 *   objects than MAX_JSON_CONTAINERS
 */
export function decodeJson(what: string, bytes: Uint8Array): unknown {
  requireFewContainers(what, bytes)
  try {
    return JSON.parse(decoder.decode(bytes))
  } catch (cause) {
    throw badMessage(`${what}: ${bytes.length} bytes are not JSON in UTF-8`, cause)
  }
}

function requireFewContainers(what: string, bytes: Uint8Array): void {
  let count = 0
  for (const byte of bytes) if (byte === OPEN_BRACKET || byte === OPEN_BRACE) count += 1
  if (count <= MAX_JSON_CONTAINERS) return
  throw badMessage(`${what}: ${count} arrays and objects, at most ${MAX_JSON_CONTAINERS} are read`)
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
