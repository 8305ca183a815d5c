import { freemem, totalmem } from 'node:os'
import type { DeviceHealth } from '@cocoi/protocol'
import { PAST } from '@cocoi/service'
import { bytes } from '../tables.ts'
import { type Finding, failure, fine, warning } from './finding.ts'

/** How a machine is, here or as its heartbeat tells. */
export type MachineState = Pick<
  DeviceHealth,
  'temperatureC' | 'throttled' | 'clock' | 'wifi' | 'disk'
> & { readonly memory: Omit<DeviceHealth['memory'], 'rssBytes'> }

/** The firmware slows the processor down from 80 °C on. */
const HOT_C = 80
/** Below this Wi-Fi falls back to slow rates and repeats itself. */
const WEAK_DBM = -72
/** What an agent takes before it has a model, and a model of 100 MB. */
const LEAST_MEMORY_BYTES = 256e6
const LEAST_DISK_BYTES = { toWork: 50e6, toBeComfortable: 500e6 }

export function thisMemory(): MachineState['memory'] {
  return { freeBytes: freemem(), totalBytes: totalmem() }
}

/** Power, heat, memory, disk and Wi-Fi of one machine, as far as it tells. */
export function checkMachine(state: MachineState): Finding[] {
  const { throttled, temperatureC, memory, disk, wifi } = state
  return [
    ...(throttled ? checkThrottling(throttled) : []),
    ...(temperatureC !== undefined ? [checkTemperature(temperatureC, state.clock)] : []),
    checkMemory(memory),
    ...(disk ? [checkDisk(disk)] : []),
    ...(wifi ? [checkWireless(wifi)] : []),
  ]
}

/** Under-voltage caps and throttles too, so heat is blamed only where the voltage was right. */
function checkThrottling(throttled: readonly string[]): Finding[] {
  const low = when('under-voltage', throttled)
  const hot =
    when('soft-temperature-limit', throttled) ??
    (low ? undefined : (when('throttled', throttled) ?? when('frequency-capped', throttled)))
  const slow = 'which slows the processor down'
  const power = low
    ? warning(
        'power',
        `under-voltage ${low}, ${slow}`,
        'use the power supply of the maker, and no thin cable or hub in between',
      )
    : fine('power', 'voltage is and was right')
  const fix = 'give it a heat sink or a fan'
  return hot ? [power, warning('heat', `throttled for heat ${hot}, ${slow}`, fix)] : [power]
}

function when(flag: string, throttled: readonly string[]): string | undefined {
  if (throttled.includes(flag)) return 'now'
  return throttled.includes(flag + PAST) ? 'before' : undefined
}

function checkTemperature(temperatureC: number, clock: MachineState['clock']): Finding {
  const rate = clock ? `, ${gigahertz(clock.hz)} of ${gigahertz(clock.maxHz)} GHz` : ''
  const message = `${temperatureC.toFixed(1)} °C${rate}`
  if (temperatureC < HOT_C) return fine('temperature', message)
  return warning('temperature', message, 'give it a heat sink or a fan')
}

function gigahertz(hz: number): string {
  return (hz / 1e9).toFixed(1)
}

function checkMemory({ freeBytes, totalBytes }: MachineState['memory']): Finding {
  const total = totalBytes === undefined ? '' : ` of ${bytes(totalBytes)}`
  const message = `${bytes(freeBytes)}${total} available`
  if (freeBytes >= LEAST_MEMORY_BYTES) return fine('memory', message)
  const fix = 'end other programs, or use smaller models on it: without memory the agent is killed'
  return warning('memory', message, fix)
}

function checkDisk({ freeBytes, totalBytes }: NonNullable<MachineState['disk']>): Finding {
  const message = `${bytes(freeBytes)} of ${bytes(totalBytes)} free where its state is`
  const fix =
    'free some with apt clean and journalctl --vacuum-size=50M, or lower device.maxCacheBytes'
  if (freeBytes < LEAST_DISK_BYTES.toWork) return failure('disk', message, fix)
  if (freeBytes < LEAST_DISK_BYTES.toBeComfortable) return warning('disk', message, fix)
  return fine('disk', message)
}

function checkWireless({ interface: name, signalDbm }: NonNullable<MachineState['wifi']>): Finding {
  const message = `${name} receives ${signalDbm} dBm`
  if (signalDbm >= WEAK_DBM) return fine('Wi-Fi', message)
  return warning('Wi-Fi', message, 'use a cable, or move it nearer to the access point')
}
