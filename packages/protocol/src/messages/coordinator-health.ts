import { z } from 'zod'
import { encodeJson, parseJson } from '../json.ts'
import { instant, session } from './status.ts'

const count = z.int().min(0)

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
})

export type CoordinatorHealth = z.infer<typeof coordinatorHealth>

export function encodeCoordinatorHealth(message: CoordinatorHealth): Uint8Array {
  return encodeJson(message)
}

/** @throws {ProtocolError} ERR_TOO_LARGE, ERR_BAD_MESSAGE */
export function parseCoordinatorHealth(payload: Uint8Array): CoordinatorHealth {
  return parseJson('coordinator health', coordinatorHealth, payload)
}
