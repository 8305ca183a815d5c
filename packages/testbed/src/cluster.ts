import { join } from 'node:path'
import type { DaemonProcess } from './daemon-process.ts'
import { Daemons } from './daemons.ts'
import { withRollCall } from './roll-call.ts'

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
  /** How long a daemon may take to start, and the devices to come online. @default 60000 */
  readonly readyTimeoutMs?: number
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
  const { readyTimeoutMs = 60_000 } = options
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
  const launchCoordinator = () => {
    const state = join(options.folder, 'coordinator')
    const settings = { models: options.models, state, ...options.coordinatorFlags }
    return start('coordinator', 'coordinator', { mqtt: { url }, coordinator: settings })
  }
  const launchDevice = (id: string, index: number) => {
    const state = join(options.folder, id)
    const device = { id, state, ...options.deviceFlags?.(index) }
    return start(id, 'device', { mqtt: { url }, device })
  }
  const ids = Array.from({ length: options.devices }, (_, i) => `pi${i + 1}`)
  const onOnline = (done: number) =>
    options.onProgress?.({ step: 'online', done, total: ids.length })
  const rollCall = { url, devices: ids, timeoutMs: readyTimeoutMs, onOnline }
  const [coordinator, ...started] = await withRollCall(rollCall, () =>
    Promise.all([launchCoordinator(), ...ids.map(launchDevice)]),
  )
  const devices = started.map((daemon, i) =>
    virtualDevice(daemon, () => launchDevice(daemon.name, i)),
  )
  return { url, devices, coordinator, broker }
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
