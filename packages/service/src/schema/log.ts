import { z } from 'zod'

/** Section `log`: what a daemon writes to stderr. */
export const logSchema = z.strictObject({
  level: z
    .enum(['error', 'warn', 'info', 'debug'])
    .describe('least important level that is written: `error`, `warn`, `info` or `debug`'),
  json: z.boolean().describe('one JSON object per line instead of text'),
})

export type LogConfig = z.output<typeof logSchema>
