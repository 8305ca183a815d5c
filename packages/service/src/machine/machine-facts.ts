import { readClockRate } from './clock-rate.ts'
import { readDiskSpace } from './disk-space.ts'
import { readTemperatureC } from './temperature.ts'
import { readThrottling } from './throttling.ts'
import { readWireless } from './wireless.ts'

/** Where the kernel tells about the machine; other folders stand for another machine. */
export interface KernelFolders {
  readonly sys: string
  readonly proc: string
}

/** Those of this machine. */
export const KERNEL: KernelFolders = { sys: '/sys', proc: '/proc' }

/** What a machine says about itself; a source that does not exist is absent, not zero. */
export interface MachineFacts {
  /** Of the processor. */
  readonly temperatureC?: number
  /** Flags that are set, as `readThrottling` names them; empty if all is well. */
  readonly throttled?: string[]
  readonly clock?: { hz: number; maxHz: number }
  readonly wifi?: { interface: string; signalDbm: number }
  /** Of the file system that holds the folder. */
  readonly disk?: { freeBytes: number; totalBytes: number }
}

/** Reads everything at once; never rejects. */
export async function readMachineFacts(
  folder: string,
  { sys, proc }: KernelFolders = KERNEL,
): Promise<MachineFacts> {
  const [temperatureC, throttled, clock, wifi, disk] = await Promise.all([
    readTemperatureC(sys),
    readThrottling(sys),
    readClockRate(sys),
    readWireless(proc),
    readDiskSpace(folder),
  ])
  return {
    ...(temperatureC !== undefined && { temperatureC }),
    ...(throttled && { throttled }),
    ...(clock && { clock }),
    ...(wifi && { wifi }),
    ...(disk && { disk }),
  }
}
