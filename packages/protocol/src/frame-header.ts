import { z } from 'zod'
import { identifier } from './identifier.ts'

const index = z.int().min(0).max(0x7fffffff)
const durationMs = z.number().min(0)
const session = z.int().min(0)
const code = z.string().min(1).max(64)
const message = z.string().max(4096)

/**
 * What makes a subtask unique: row `row` of the generator matrix in stage `stage` of an inference,
 * tried for the `attempt`-th time. With it duplicates and replays change nothing.
 */
export const attemptId = z.object({
  inference: identifier,
  stage: index,
  row: index,
  attempt: index,
})

const planAttempt = attemptId.extend({ plan: identifier })

/** Coordinator to device: compute this row of this stage; answers after `timeoutMs` are useless. */
export const subtaskHeader = planAttempt.extend({
  type: z.literal('subtask'),
  timeoutMs: durationMs,
})

/** Device to coordinator: the row's result; `peak` is its largest magnitude. */
export const resultHeader = planAttempt.extend({
  type: z.literal('result'),
  computeMs: durationMs,
  queueMs: durationMs,
  peak: z.number().min(0).optional(),
})

/** Device to coordinator: the row could not be computed, and why. */
export const failureHeader = planAttempt.extend({ type: z.literal('failure'), code, message })

/** Device to coordinator: the plan is loaded in this session of the device. */
export const readyHeader = z.object({ type: z.literal('ready'), plan: identifier, session })

/** Device to coordinator: the plan cannot be loaded, and why. */
export const refusedHeader = z.object({
  type: z.literal('refused'),
  plan: identifier,
  session,
  code,
  message,
})

/** Coordinator to device: a range of a blob, `total` bytes long; the bytes are the only tensor. */
export const chunkHeader = z.object({
  type: z.literal('chunk'),
  offset: z.int().min(0),
  total: z.int().min(0),
})

/** Coordinator to device: the blob or the range does not exist. */
export const missingHeader = z.object({ type: z.literal('missing'), message })

/** Schema of every frame header. */
export const frameHeader = z.discriminatedUnion('type', [
  subtaskHeader,
  resultHeader,
  failureHeader,
  readyHeader,
  refusedHeader,
  chunkHeader,
  missingHeader,
])

export type AttemptId = z.infer<typeof attemptId>
export type SubtaskHeader = z.infer<typeof subtaskHeader>
export type ResultHeader = z.infer<typeof resultHeader>
export type FailureHeader = z.infer<typeof failureHeader>
export type ReadyHeader = z.infer<typeof readyHeader>
export type RefusedHeader = z.infer<typeof refusedHeader>
export type ChunkHeader = z.infer<typeof chunkHeader>
export type MissingHeader = z.infer<typeof missingHeader>
/** Header of a frame, told apart by `type`. */
export type FrameHeader = z.infer<typeof frameHeader>

/**
 * Quality of service of each frame: tensors travel once, since a late copy is worthless and the
 * result is the acknowledgement; what must not be lost travels with QoS 1.
 */
export const FRAME_QOS: Readonly<Record<FrameHeader['type'], 0 | 1>> = {
  subtask: 0,
  result: 0,
  failure: 0,
  ready: 1,
  refused: 1,
  chunk: 1,
  missing: 1,
}
