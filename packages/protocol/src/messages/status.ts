import { z } from 'zod'
import { encodeJson, parseJson } from '../json.ts'

/** Schema of an instant: ISO 8601 in UTC. */
export const instant = z.iso.datetime()

/**
 * Schema of a session: grows with every connect of a device or coordinator, so that a will or a
 * heartbeat of an older session can be told and ignored.
 */
export const session = z.int().min(0)

/** Schema of the name of one process, drawn when it starts: tells devices of one name apart. */
export const instance = z.string().regex(/^[0-9a-f]{16}$/)

/**
 * Heartbeats after which a state is published again. A cluster of brokers may lose what it has acknowledged
 * when one of them dies, and would never hand it to who comes later.
 */
export const BEATS_PER_STATUS = 20

/** Schema of the retained state of a device or of the coordinator; the will says `offline`. */
export const status = z.object({
  state: z.enum(['online', 'starting', 'draining', 'stopped', 'offline']),
  session,
  since: instant,
  version: z.string().max(64).optional(),
  instance: instance.optional(),
  reason: z.string().max(1024).optional(),
})

export type Status = z.infer<typeof status>

export function encodeStatus(message: Status): Uint8Array {
  return encodeJson(message)
}

/** @throws {ProtocolError} ERR_TOO_LARGE, ERR_BAD_MESSAGE */
export function parseStatus(payload: Uint8Array): Status {
  return parseJson('status', status, payload)
}
