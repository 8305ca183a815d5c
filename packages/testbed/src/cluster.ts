import { join } from 'node:path'
import { type CocoiClient, connectClient } from '@cocoi/client'
import type { DaemonProcess } from './daemon-process.ts'
import { Daemons } from './daemons.ts'
import { TestbedError } from './errors.ts'

type Settings = Readonly<Record<string, string | number>>

export interface ClusterOptions {
  /** Starts the program `cocoi`, for example `['node', '…/cocoi.js']`. */
  readonly command: readonly string[]
  readonly devices: number
  /** Holds states and logs. */
  readonly folder: string
  /** The model repository. */
  readonly models: string
  /** A broker that is already there; without it one is started on a free port. */
  readonly broker?: { readonly url: string }
  readonly brokerFlags?: Settings
  readonly coordinatorFlags?: Settings
  readonly deviceFlags?: (index: number) => Settings
  readonly onProgress?: (progress: { step: string; done: number; total: number }) => void
}

/** A device of a virtual cluster. */
export interface VirtualDevice {
  readonly id: string
  readonly pid: number
  kill(): void
  freeze(): void
  thaw(): void
  /** Starts it again after a kill; resolves when it is online. */
  restart(): Promise<void>
}

/** Broker, coordinator and devices as processes that talk MQTT only. */
export interface Cluster {
  readonly url: string
  readonly devices: readonly VirtualDevice[]
  readonly coordinator: DaemonProcess
  /** Absent if the broker was already there. */
  readonly broker: DaemonProcess | undefined
  /** Ends every process it has started. */
  stop(): Promise<void>
}

/** How long a daemon may take to start on a busy machine. */
const readyTimeoutMs = 60_000

/**
 * Starts a virtual cluster and resolves when the coordinator and every device are online.
 *
 * @throws {TestbedError} ERR_DAEMON_FAILED | ERR_CLUSTER_TIMEOUT, after everything was stopped again
 */
export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  const daemons = new Daemons()
  try {
    return { ...(await startAll(options, daemons)), stop: () => daemons.stop() }
  } catch (error) {
    await daemons.stop()
    throw error
  }
}

async function startAll(options: ClusterOptions, daemons: Daemons): Promise<Omit<Cluster, 'stop'>> {
  const start = (name: string, verb: string, settings: object) => {
    const { command, folder } = options
    const logFile = join(folder, 'logs', `${name}.log`)
    return daemons.start({
      ...{ name, command: [...command, verb], settings, logFile, readyTimeoutMs },
    })
  }
  const broker = options.broker
    ? undefined
    : await start('broker', 'broker', { broker: { port: 0, ...options.brokerFlags } })
  const url = options.broker?.url ?? `mqtt://127.0.0.1:${broker!.ready.port}`
  const client = await connectClient({ url, id: 'cluster-start' })
  try {
    const online = onlineDevices(client, options)
    const coordinatorState = join(options.folder, 'coordinator')
    const settings = {
      models: options.models,
      state: coordinatorState,
      ...options.coordinatorFlags,
    }
    const launchDevice = (id: string, index: number) => {
      const state = join(options.folder, id)
      const device = { id, state, ...options.deviceFlags?.(index) }
      return start(id, 'device', { mqtt: { url }, device })
    }
    const ids = Array.from({ length: options.devices }, (_, i) => `pi${i + 1}`)
    const [coordinator, ...started] = await Promise.all([
      start('coordinator', 'coordinator', { mqtt: { url }, coordinator: settings }),
      ...ids.map(launchDevice),
    ])
    await online
    const devices = started.map((daemon, i) => {
      return virtualDevice(daemon, () => launchDevice(daemon.name, i))
    })
    return { url, devices, coordinator, broker }
  } finally {
    await client.close()
  }
}

/** Resolves when the retained status of every device says online. */
function onlineDevices(
  client: CocoiClient,
  { devices, onProgress }: ClusterOptions,
): Promise<void> {
  const online = new Set<string>()
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      const message = `${online.size} of ${devices} devices were online after ${readyTimeoutMs} ms`
      reject(new TestbedError('ERR_CLUSTER_TIMEOUT', message))
    }, readyTimeoutMs)
    const finish = () => {
      clearTimeout(timer)
      resolve()
    }
    if (devices === 0) finish()
    client.watch
      .devices(news => {
        if (!('status' in news) || news.status.state !== 'online') return
        online.add(news.device)
        onProgress?.({ step: 'online', done: online.size, total: devices })
        if (online.size >= devices) finish()
      })
      .catch(reject)
  })
}

function virtualDevice(first: DaemonProcess, launch: () => Promise<DaemonProcess>): VirtualDevice {
  let daemon = first
  return {
    id: first.name,
    get pid() {
      return daemon.pid
    },
    kill: () => daemon.kill(),
    freeze: () => daemon.freeze(),
    thaw: () => daemon.thaw(),
    async restart() {
      await daemon.stop()
      daemon = await launch()
    },
  }
}
