import { z } from 'zod'
import { encodeJson, parseJson } from '../json.ts'
import { machineFacts } from './machine-facts.ts'
import { instant, session } from './status.ts'

const count = z.int().min(0)

/** Schema of a device's heartbeat; counters count since the agent started. */
export const deviceHealth = z.object({
  session,
  seq: count,
  /** When it was sent, on the clock of the sender. */
  at: instant.optional(),
  uptimeS: z.number().min(0),
  /** Load average of the last minute. */
  load: z.number().min(0).optional(),
  memory: z.object({ rssBytes: count, freeBytes: count, totalBytes: count.optional() }),
  queue: z.object({ waiting: count, running: count }),
  subtasks: z.object({ done: count, failed: count, cancelled: count, expired: count }),
  eventLoopLagMs: z.number().min(0),
  /** Messages dropped because they did not follow the specification or were not asked for. */
  dropped: count.optional(),
  ...machineFacts.shape,
})

export type DeviceHealth = z.infer<typeof deviceHealth>

export function encodeDeviceHealth(message: DeviceHealth): Uint8Array {
  return encodeJson(message)
}

/** @throws {ProtocolError} ERR_TOO_LARGE, ERR_BAD_MESSAGE */
export function parseDeviceHealth(payload: Uint8Array): DeviceHealth {
  return parseJson('device health', deviceHealth, payload)
}
