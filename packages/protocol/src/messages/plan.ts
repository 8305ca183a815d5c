import { z } from 'zod'
import { identifier, sha256Hex } from '../identifier.ts'

const tensorName = z.string().min(1).max(1024)

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
  }),
  z.object({ kind: z.literal('whole'), id: z.int().min(0) }),
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
