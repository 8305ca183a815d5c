import type { z } from 'zod'
import { badMessage, ProtocolError } from './errors.ts'

/** Most characters of a stranger's text in a message. */
const MAX_QUOTED = 256

/**
 * The value, if it follows the schema.
 *
 * @param what the message's name, for the error
 * @throws {ProtocolError} ERR_BAD_MESSAGE with the path of the first disagreement
 */
export function validate<S extends z.ZodType>(
  what: string,
  schema: S,
  value: unknown,
): z.output<S> {
  const outcome = attempt(what, schema, value)
  if (outcome.success) return outcome.data
  const issue = outcome.error.issues[0]
  const path = issue?.path.length ? issue.path.map(String).join('.') : 'the whole message'
  throw badMessage(`${what}: ${shortened(path)}: ${shortened(issue?.message ?? 'invalid')}`)
}

/** What a stranger wrote may be in it, and goes into logs. */
function shortened(text: string): string {
  return text.length <= MAX_QUOTED ? text : `${text.slice(0, MAX_QUOTED)}…`
}

function attempt<S extends z.ZodType>(what: string, schema: S, value: unknown) {
  try {
    return schema.safeParse(value)
  } catch (cause) {
    // Hostile nesting can exhaust the stack of a recursive schema.
    throw badMessage(`${what}: too deeply nested to be checked`, cause)
  }
}

/**
 * Refuses a payload before anything is decoded or allocated for it.
 *
 * @throws {ProtocolError} ERR_TOO_LARGE
 */
export function requireSize(what: string, bytes: Uint8Array, limitBytes: number): void {
  if (bytes.length <= limitBytes) return
  throw new ProtocolError(
    'ERR_TOO_LARGE',
    `${what} of ${bytes.length} bytes exceeds the limit of ${limitBytes} bytes`,
  )
}
