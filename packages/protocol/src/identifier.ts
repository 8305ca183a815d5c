import { z } from 'zod'
import { ProtocolError } from './errors.ts'

/**
 * Form of every identifier that becomes a topic level: model, client, request, device, coordinator.
 * Without `/ + # $` and control characters an id can neither add a level nor become a wildcard.
 */
export const IDENTIFIER = /^[a-zA-Z0-9][a-zA-Z0-9_-]{0,63}$/

/** Form of a SHA-256 digest: 64 lower-case hexadecimal digits, so one blob has one name. */
export const SHA256_HEX = /^[0-9a-f]{64}$/

/** Schema of an identifier inside a message. */
export const identifier = z.string().regex(IDENTIFIER)

/** Schema of a SHA-256 digest inside a message. */
export const sha256Hex = z.string().regex(SHA256_HEX)

/** Whether `text` may be used as an identifier. */
export function isIdentifier(text: string): boolean {
  return IDENTIFIER.test(text)
}

/**
 * Returns `text` if it may be used as an identifier.
 *
 * @param what the role of the identifier in the message, such as `device`
 * @throws {ProtocolError} ERR_BAD_IDENTIFIER
 */
export function requireIdentifier(what: string, text: string): string {
  if (isIdentifier(text)) return text
  throw new ProtocolError(
    'ERR_BAD_IDENTIFIER',
    `${what} ${JSON.stringify(text)} is not an identifier: use 1 to 64 letters, digits, '_' or ` +
      `'-', beginning with a letter or digit`,
  )
}
