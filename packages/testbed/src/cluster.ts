import { orAborted } from '@cocoi/service'
import type { ClusterOptions } from './cluster-options.ts'
import { Daemons } from './daemons.ts'
import { Launcher } from './launcher.ts'
import { VirtualDaemon } from './virtual-daemon.ts'

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
 * @throws {TestbedError} ERR_DAEMON_FAILED | ERR_CLUSTER_TIMEOUT, or the reason of an abort, after
 *   everything was stopped again
 */
export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  const { signal = new AbortController().signal } = options
  const daemons = new Daemons()
  try {
    const started = await orAborted(startAll(options, daemons), signal)
    return { ...started, stop: () => daemons.stop() }
  } catch (error) {
    await daemons.stop()
    throw error
  }
}

async function startAll(options: ClusterOptions, daemons: Daemons): Promise<Omit<Cluster, 'stop'>> {
  const launcher = new Launcher(options, daemons)
  const broker = options.broker ? undefined : await VirtualDaemon.start(() => launcher.broker())
  const { url } = launcher
  const startDevice = async (id: string, index: number) => {
    const place = await launcher.deviceUrl(id, index)
    return VirtualDaemon.start(() => launcher.device(id, index, place))
  }
  const ids = Array.from({ length: options.devices }, (_, i) => `pi${i + 1}`)
  const [coordinator, devices] = await launcher.online(ids, () =>
    Promise.all([
      VirtualDaemon.start(() => launcher.coordinator()),
      Promise.all(ids.map(startDevice)),
    ]),
  )
  return { url, broker, coordinator, devices }
}
