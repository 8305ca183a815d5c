import { z } from 'zod'
import { identifier, sha256Hex } from '../identifier.ts'

const tensorName = z.string().min(1).max(1024)

/** Operations and bytes of memory traffic of one subtask, for devices to know how fast they are. */
const work = z.object({ flops: z.number().min(0), bytes: z.number().min(0) })

/**
 * Stage of a plan. A `linear` stage computes `outputs` from pieces of `length` output rows or
 * columns; a `whole` stage runs the whole model on one device.
 */
export const stageSpec = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('linear'),
    id: z.int().min(0),
    outputs: z.array(tensorName).min(1).max(256),
    axis: z.enum(['rows', 'columns']),
    length: z.int().min(1),
    work: work.optional(),
  }),
  z.object({ kind: z.literal('whole'), id: z.int().min(0), work: work.optional() }),
])

/** What a device must prepare for. `model` is the SHA-256 of the graph blob. */
export const plan = z.object({
  id: identifier,
  coordinator: identifier,
  model: sha256Hex,
  transport: z.enum(['float16', 'float32']),
  stages: z.array(stageSpec).max(4096),
})

export type StageSpec = z.infer<typeof stageSpec>
export type Plan = z.infer<typeof plan>
