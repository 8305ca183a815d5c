import { hostname } from 'node:os'
import type { DeviceConfig } from './schema/device.ts'

/** What a device is called in topics: as configured, or as its host with what no topic takes replaced. */
export function deviceName({ id }: Pick<DeviceConfig, 'id'>): string {
  if (id !== '') return id
  const text = hostname()
    .replace(/[^a-zA-Z0-9_-]/g, '-')
    .replace(/^[^a-zA-Z0-9]+/, '')
  return text.slice(0, 64) || 'device'
}
