import { z } from 'zod'
import { decodeCbor, encodeCbor } from '../cbor.ts'
import { attemptId } from '../frame-header.ts'
import { identifier } from '../identifier.ts'
import { requireSize, validate } from '../validate.ts'
import { plan } from './plan.ts'
import { instance } from './status.ts'

/** Largest control message, in bytes. */
export const MAX_CONTROL_BYTES = 1024 * 1024

/**
 * Coordinator to device: prepare a plan, drop a subtask, forget a plan, finish and take no more, or
 * (to one process of several with one name) go away.
 */
export const control = z.discriminatedUnion('type', [
  z.object({ type: z.literal('plan'), plan }),
  attemptId.extend({ type: z.literal('cancel') }),
  z.object({ type: z.literal('release'), plan: identifier }),
  z.object({ type: z.literal('drain') }),
  z.object({ type: z.literal('retire'), instance, reason: z.string().max(1024) }),
])

export type Control = z.infer<typeof control>

export function encodeControl(message: Control): Uint8Array {
  return encodeCbor(message)
}

/** @throws {ProtocolError} ERR_TOO_LARGE, ERR_BAD_MESSAGE */
export function parseControl(payload: Uint8Array): Control {
  requireSize('a control message', payload, MAX_CONTROL_BYTES)
  return validate('control message', control, decodeCbor(payload))
}
