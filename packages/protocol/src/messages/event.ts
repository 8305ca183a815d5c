import { z } from 'zod'
import { encodeJson, parseJson } from '../json.ts'
import { instant } from './status.ts'

const detail = z.union([z.string(), z.number(), z.boolean(), z.array(z.string())])

/**
 * Schema of something that happened, such as `device-joined` or `plan-changed`, with flat details
 * beside `type` and `at`. Readers show types they do not know.
 */
export const event = z
  .object({ type: z.string().regex(/^[a-z][a-z0-9-]{0,63}$/), at: instant })
  .catchall(detail)

export type SystemEvent = z.infer<typeof event>

export function encodeEvent(message: SystemEvent): Uint8Array {
  return encodeJson(message)
}

/** @throws {ProtocolError} ERR_TOO_LARGE, ERR_BAD_MESSAGE */
export function parseEvent(payload: Uint8Array): SystemEvent {
  return parseJson('event', event, payload)
}
