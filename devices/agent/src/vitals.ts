import { readFile } from 'node:fs/promises'
import { freemem, loadavg } from 'node:os'
import type { DeviceHealth } from '@cocoi/protocol'

/** What the machine says about itself; a source that does not exist is absent, not zero. */
export type Vitals = Pick<DeviceHealth, 'load' | 'memory' | 'temperatureC'>

const thermalZone = '/sys/class/thermal/thermal_zone0/temp'

/** Load, memory and, where the kernel tells it, the temperature of the processor. */
export async function readVitals(): Promise<Vitals> {
  const temperatureC = await readTemperature()
  return {
    load: loadavg()[0]!,
    memory: { rssBytes: process.memoryUsage.rss(), freeBytes: freemem() },
    ...(temperatureC === undefined ? {} : { temperatureC }),
  }
}

/** Thousandths of a degree Celsius in sysfs (Linux thermal/sysfs-api). */
async function readTemperature(): Promise<number | undefined> {
  const text = await readFile(thermalZone, 'utf8').catch(() => '')
  const value = Number.parseInt(text, 10)
  return Number.isNaN(value) ? undefined : value / 1000
}
