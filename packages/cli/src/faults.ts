import type { Cluster } from '@cocoi/testbed'

/** How many devices are to be killed (SIGKILL) and frozen (SIGSTOP) during a request. */
export interface Faults {
  readonly kill: number
  readonly freeze: number
}

/**
 * Strikes the first devices of the cluster: they hold the unit rows of a systematic code, so that
 * the answer has to be decoded.
 */
export function strike({ devices }: Cluster, { kill, freeze }: Faults): void {
  for (const device of devices.slice(0, kill)) device.kill()
  for (const device of devices.slice(kill, kill + freeze)) device.freeze()
}

/** Brings the struck devices back. */
export async function heal({ devices }: Cluster, { kill, freeze }: Faults): Promise<void> {
  for (const device of devices.slice(kill, kill + freeze)) device.thaw()
  await Promise.all(devices.slice(0, kill).map(device => device.restart()))
}
