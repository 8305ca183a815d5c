import { join } from 'node:path'
import { Daemons } from './daemons.ts'
import { withRollCall } from './roll-call.ts'
import { VirtualDaemon } from './virtual-daemon.ts'

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
  /** Where a device finds the broker, for example behind a relay that can be cut. */
  readonly deviceUrl?: (index: number, broker: string) => Promise<string>
  readonly onProgress?: (progress: { step: string; done: number; total: number }) => void
}

/** Broker, coordinator and devices as processes that talk MQTT only. */
export interface Cluster {
  readonly url: string
  readonly devices: readonly VirtualDaemon[]
  readonly coordinator: VirtualDaemon
  /** Absent if the broker was already there; it restarts on the port it had. */
  readonly broker: VirtualDaemon | undefined
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
  const startBroker = (port: number) =>
    start('broker', 'broker', { broker: { port, ...options.brokerFlags } })
  const broker = options.broker
    ? undefined
    : await VirtualDaemon.start(last => startBroker(Number(last?.ready.port ?? 0)))
  const url = options.broker?.url ?? `mqtt://127.0.0.1:${broker!.ready.port}`
  const { models, coordinatorFlags, deviceFlags, deviceUrl, folder } = options
  const startCoordinator = () => {
    const coordinator = { models, state: join(folder, 'coordinator'), ...coordinatorFlags }
    return start('coordinator', 'coordinator', { mqtt: { url }, coordinator })
  }
  const startDevice = async (id: string, index: number) => {
    const device = { id, state: join(folder, id), ...deviceFlags?.(index) }
    const mqtt = { url: (await deviceUrl?.(index, url)) ?? url }
    return VirtualDaemon.start(() => start(id, 'device', { mqtt, device }))
  }
  const ids = Array.from({ length: options.devices }, (_, i) => `pi${i + 1}`)
  const onOnline = (done: number) =>
    options.onProgress?.({ step: 'online', done, total: ids.length })
  const rollCall = { url, devices: ids, timeoutMs: readyTimeoutMs, onOnline }
  const [coordinator, devices] = await withRollCall(rollCall, () =>
    Promise.all([
      VirtualDaemon.start(startCoordinator),
      Promise.all(ids.map((id, index) => startDevice(id, index))),
    ]),
  )
  return { url, devices, coordinator, broker }
}
