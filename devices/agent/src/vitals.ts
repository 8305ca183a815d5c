import { freemem, loadavg, totalmem } from 'node:os'
import type { DeviceHealth } from '@cocoi/protocol'
import { type MachineFacts, readMachineFacts, ThrottleHistory } from '@cocoi/service'

/** What the machine says about itself; a source that does not exist is absent, not zero. */
export type Vitals = Pick<DeviceHealth, 'load' | 'memory'> & MachineFacts

/** Reads the vitals of this machine, whose state is in `folder`, and remembers past throttling. */
export function vitalsReader(folder: string): () => Promise<Vitals> {
  const history = new ThrottleHistory()
  return async () => {
    const { throttled, ...facts } = await readMachineFacts(folder)
    return {
      load: loadavg()[0]!,
      memory: {
        rssBytes: process.memoryUsage.rss(),
        freeBytes: freemem(),
        totalBytes: totalmem(),
      },
      ...facts,
      ...(throttled && { throttled: history.after(throttled) }),
    }
  }
}
