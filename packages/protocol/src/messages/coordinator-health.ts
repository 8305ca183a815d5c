import { z } from 'zod'
import { encodeJson, parseJson } from '../json.ts'
import { speed } from './device-health.ts'
import { instant, session } from './status.ts'

const count = z.int().min(0)
const amount = z.number().min(0)

/** Devices whose links are told. */
const maxLinks = 1024

/** Schema of the ways between coordinator and devices, as the subtasks that travel them show. */
const ways = z.object({
  /** What all transits share: JavaScript, broker and network interface. */
  shared: z.object({ bytesPerS: amount, perMessageMs: amount }),
  /**
   * What a device's transits take beyond that; `delayMs` is the mean of what they scatter, `lateness` of
   * what they scatter as a multiple of the time that was computed.
   */
  links: z
    .record(
      z.string().max(64),
      z.object({
        ...{ bytesPerS: amount, latencyMs: amount, delayMs: amount },
        lateness: amount.optional(),
      }),
    )
    .refine(links => Object.keys(links).length <= maxLinks, `at most ${maxLinks} links`),
})

/** Schema of the coordinator's heartbeat; `spare` devices may still be lost. */
export const coordinatorHealth = z.object({
  session,
  seq: count,
  /** When it was sent, on the clock of the sender. */
  at: instant.optional(),
  devices: z.object({ online: count, suspect: count }),
  /** Below zero, the redundancy planned for is no longer there. */
  spare: z.int(),
  inferences: z.object({
    running: count,
    waiting: count,
    done: count,
    /** Failed or refused. */
    failed: count,
    /** Frames that gave way to newer ones. */
    superseded: count,
  }),
  eventLoopLagMs: z.number().min(0),
  /** Messages dropped because they did not follow the specification or were not asked for. */
  dropped: count,
  /** What plans are chosen for: each answer soon, or, when requests queue, many per second. */
  goal: z.enum(['latency', 'throughput']).optional(),
  /** How fast the coordinator itself computes. */
  profile: speed.optional(),
  /** Absent while too little has travelled to tell. */
  ways: ways.optional(),
})

export type CoordinatorHealth = z.infer<typeof coordinatorHealth>

export function encodeCoordinatorHealth(message: CoordinatorHealth): Uint8Array {
  return encodeJson(message)
}

/** @throws {ProtocolError} ERR_TOO_LARGE, ERR_BAD_MESSAGE */
export function parseCoordinatorHealth(payload: Uint8Array): CoordinatorHealth {
  return parseJson('coordinator health', coordinatorHealth, payload)
}
