import { z } from 'zod'
import { arithmetic, bytes, count, identifier, milliseconds, path } from './quantities.ts'

/** Section `coordinator`: what it computes with, how it distributes, and what it admits. */
export const coordinatorSchema = z.strictObject({
  id: identifier.describe('name of this coordinator in topics'),
  models: path.describe('folder of the models, one folder per model'),
  state: path.describe('folder for prepared models and their weights'),
  threads: count.describe('threads of its own inference engine'),
  flopsPerS: arithmetic,
  scheme: z
    .string()
    .min(1)
    .describe(
      '`auto` for whatever is predicted to be best, or `local`, `whole`, `uncoded`, `replication:r`, ' +
        '`mds[:n,k]`, `vandermonde:n,k`, `lt:n,k`',
    ),
  axis: z.enum(['rows', 'columns']).describe('along which layers are cut: `rows` or `columns`'),
  transport: z.enum(['float16', 'float32']).describe('numbers on the wire: `float16` or `float32`'),
  minIntensity: z
    .number()
    .min(0)
    .meta({ unit: 'FLOPs/byte' })
    .describe('FLOPs per byte moved below which a layer stays with the coordinator'),
  audit: z
    .enum(['off', 'sampled', 'always'])
    .describe(
      'whether results are held against each other to find devices that compute wrong numbers: ' +
        '`off`, `sampled` (one request in 50) or `always`',
    ),
  heartbeatMs: milliseconds.describe('time between two health messages'),
  readyTimeoutMs: milliseconds.describe('a device must have prepared a plan within this time'),
  subtaskTimeoutMs: milliseconds.describe('a subtask is given to another device after this time'),
  deadlineMs: milliseconds.describe(
    'a request that names no deadline is answered within this time',
  ),
  maxPlans: count.describe(
    'plans kept, one for each model and wish; devices should keep some more (device.maxPlans)',
  ),
  maxRunning: count.describe('inferences at one time'),
  maxWaiting: z.int().min(0).describe('requests that may wait for one of those'),
  maxWaitingBytes: bytes.describe('sum of the inputs of those that wait'),
  maxOutstanding: count.describe('subtasks at one time on one device'),
  maxImagePixels: count
    .meta({ unit: 'pixels' })
    .describe('largest image that is decoded, width times height'),
  maxInputBytes: bytes.describe('largest request'),
  blobChunkBytes: bytes.min(1024).describe('size of a chunk of a model file sent to a device'),
  stuckAfterMs: milliseconds.describe(
    'preparing or computing for this long is taken for stuck, and systemd starts it anew',
  ),
})

export type CoordinatorConfig = z.output<typeof coordinatorSchema>
