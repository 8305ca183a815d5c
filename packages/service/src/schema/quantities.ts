import { z } from 'zod'

/** A number of things of which there must be one. */
export const count = z.int().min(1)

/** A size in bytes. */
export const bytes = z.int().min(1).meta({ unit: 'bytes' })

/** A duration; a timer of 2³¹ ms or more would fire at once. */
export const milliseconds = z
  .int()
  .min(1)
  .max(2 ** 31 - 1)
  .meta({ unit: 'ms' })

/** Speed of convolutions and matrix products that is not exceeded; 0 for no such limit. */
export const arithmetic = z
  .number()
  .min(0)
  .meta({ unit: 'FLOP/s' })
  .describe(
    'floating-point operations per second that convolutions and matrix products do not exceed, to ' +
      'imitate a slower runtime; 0 for as fast as it goes',
  )

/** A TCP port; 0 takes any free one. */
export const port = z.int().min(0).max(65535)

/** Path of a file or folder; relative paths are relative to the working directory. */
export const path = z.string().min(1)

/** As `path`; an empty text stands for none. */
export const optionalPath = z.string()

/** What may become a level of a topic; the same form as in the wire specification. */
export const identifier = z
  .string()
  .regex(
    /^[a-zA-Z0-9][a-zA-Z0-9_-]{0,63}$/,
    "use 1 to 64 letters, digits, '_' or '-', beginning with a letter or digit",
  )
