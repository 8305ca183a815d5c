import { z } from 'zod'
import {
  arithmetic,
  bytes,
  count,
  identifier,
  milliseconds,
  optionalPath,
  path,
} from './quantities.ts'

/** Section `device`: one device agent. */
export const deviceSchema = z.strictObject({
  id: z
    .union([z.literal(''), identifier], {
      error: "use 1 to 64 letters, digits, '_' or '-', beginning with a letter or digit",
    })
    .describe('name of this device in topics; empty for its host name'),
  state: path.describe('folder for model files received from the coordinator'),
  joinTokenFile: optionalPath.describe(
    'file of the token that lets this device join; not needed once it has joined',
  ),
  threads: z.int().min(0).describe('threads of the inference engine; 0 for all cores but one'),
  heartbeatMs: milliseconds.describe('time between two health messages'),
  stretch: z
    .number()
    .min(1)
    .describe('a subtask takes this times as long as it needs, to imitate a slower device'),
  flopsPerS: arithmetic,
  straggle: z
    .number()
    .min(0)
    .describe(
      'an answer leaves late by an exponential delay with this mean, relative to the time that ' +
        'computing it took, to imitate stragglers',
    ),
  delayMs: z
    .number()
    .min(0)
    .max(60_000)
    .meta({ unit: 'ms' })
    .describe('an answer leaves late by a further exponential delay with this mean'),
  delaySeed: z.int().min(0).describe('seed of these delays'),
  maxPlans: count.describe('plans kept loaded; the least recently used goes first'),
  maxCacheBytes: bytes.describe('model files kept; the least recently used go first'),
  maxQueue: count.describe('subtasks that may wait; more are refused'),
  stuckAfterMs: milliseconds.describe(
    'a computation of this length is taken for stuck, and systemd starts the agent anew',
  ),
})

export type DeviceConfig = z.output<typeof deviceSchema>
