import { fileURLToPath } from 'node:url'
import { type Cluster, type ClusterOptions, startCluster } from '@cocoi/testbed'
import { undoAtExit } from './at-exit.ts'
import type { Progress } from './progress.ts'
import { counted } from './tables.ts'
import type { Workspace } from './workspace.ts'

/** Starts this very program as broker, coordinator and devices. */
const command = [process.execPath, fileURLToPath(new URL('../bin/cocoi.js', import.meta.url))]

export interface VirtualClusterOptions {
  readonly devices: number
  /** URL of a broker that is already there; without it one is started. */
  readonly broker?: string
  /** Factor by which a device's compute time is stretched. */
  readonly stretch: (device: number) => number
  readonly minIntensity: number
  /** Computers of their own for the daemons, and settings for them. */
  readonly site?: Pick<
    ClusterOptions,
    'machines' | 'brokerFlags' | 'coordinatorFlags' | 'deviceFlags'
  >
}

/** Broker, coordinator and devices, each a process, talking MQTT over loopback unless they have computers of their own. */
export async function startVirtualCluster(
  workspace: Workspace,
  { devices, broker, stretch, minIntensity, site = {} }: VirtualClusterOptions,
  progress: Progress,
): Promise<Cluster> {
  progress.step(`starting broker, coordinator and ${counted(devices, 'device')}`)
  const { folder, models, coordinatorState } = workspace
  const abort = new AbortController()
  const starting = startCluster({
    ...{ command, devices, folder, models, signal: abort.signal },
    ...(broker ? { broker: { url: broker } } : {}),
    ...site,
    coordinatorFlags: {
      ...{ state: coordinatorState, minIntensity, readyTimeoutMs: 120_000 },
      ...site.coordinatorFlags,
    },
    deviceFlags: i => ({ threads: 1, stretch: stretch(i), ...site.deviceFlags?.(i) }),
    onProgress: ({ step, done, total }) => progress.detail(`${step} ${done} of ${total}`),
  })
  const stop = undoAtExit(async () => {
    abort.abort()
    const cluster = await starting.catch(() => undefined)
    await cluster?.stop()
  })
  const cluster = await starting.catch(async error => {
    await stop()
    throw error
  })
  progress.done(`${counted(devices, 'device')} online`)
  return { ...cluster, stop }
}
