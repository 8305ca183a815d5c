import { z } from 'zod'
import { encodeJson, parseJson } from '../json.ts'

/** Schema of the retained state of a model; `summary` describes its plan for people. */
export const modelState = z.object({
  name: z.string().min(1).max(64),
  version: z.string().max(64),
  state: z.enum(['loading', 'ready', 'failed']),
  reason: z.string().max(4096).optional(),
  summary: z.record(z.string(), z.json()).optional(),
})

export type ModelState = z.infer<typeof modelState>

export function encodeModelState(message: ModelState): Uint8Array {
  return encodeJson(message)
}

/** @throws {ProtocolError} ERR_TOO_LARGE, ERR_BAD_MESSAGE */
export function parseModelState(payload: Uint8Array): ModelState {
  return parseJson('model state', modelState, payload)
}
