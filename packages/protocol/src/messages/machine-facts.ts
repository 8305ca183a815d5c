import { z } from 'zod'

const count = z.int().min(0)

/** Schema of what a device's machine tells about itself; what it cannot tell is absent. */
export const machineFacts = z.object({
  /** Of the processor. */
  temperatureC: z.number().optional(),
  /**
   * Names of the firmware's throttle flags that are set, such as `under-voltage`; with `-past` those
   * that were. Empty if all is well.
   */
  throttled: z.array(z.string().max(64)).max(16).optional(),
  clock: z.object({ hz: count, maxHz: count }).optional(),
  wifi: z.object({ interface: z.string().max(64), signalDbm: z.number() }).optional(),
  /** Of the file system with the device's state. */
  disk: z.object({ freeBytes: count, totalBytes: count }).optional(),
})
