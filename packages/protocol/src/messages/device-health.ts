import { z } from 'zod'
import { encodeJson, parseJson } from '../json.ts'
import { machineFacts } from './machine-facts.ts'
import { instant, session } from './status.ts'

const count = z.int().min(0)
/** Operations or bytes per second of anything that may compute; others would upset the planner. */
const rate = z.number().min(1e3).max(1e18)
const factor = z.number().min(0).max(1e6)

/**
 * Schema of how fast a machine computes, by its own computations: arithmetic, memory traffic and a fixed
 * part of each. The undisturbed time is stretched by 1 + straggling · Exp(1), or, where that fits badly,
 * by a factor with these quantiles at equal steps from 0 to 1.
 */
export const speed = z.object({
  flopsPerS: rate,
  memoryBytesPerS: rate,
  perRunMs: factor,
  straggling: factor,
  slowness: z.array(factor).min(2).max(65).optional(),
  /** Kolmogorov–Smirnov distance of the exponential; absent while there is none. */
  distance: factor.optional(),
  /** Computations it is based on; 0 when there is but the benchmark at the start. */
  samples: count,
})

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
  /** How fast this device computes; what its link is like only the coordinator can tell. */
  profile: speed.optional(),
})

export type SpeedProfile = z.infer<typeof speed>
export type DeviceHealth = z.infer<typeof deviceHealth>

export function encodeDeviceHealth(message: DeviceHealth): Uint8Array {
  return encodeJson(message)
}

/** @throws {ProtocolError} ERR_TOO_LARGE, ERR_BAD_MESSAGE */
export function parseDeviceHealth(payload: Uint8Array): DeviceHealth {
  return parseJson('device health', deviceHealth, payload)
}
