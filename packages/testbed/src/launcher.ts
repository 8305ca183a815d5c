import { join } from 'node:path'
import type { ClusterOptions } from './cluster-options.ts'
import type { DaemonProcess } from './daemon-process.ts'
import type { Daemons } from './daemons.ts'
import { withRollCall } from './roll-call.ts'

/** Starts the daemons of one cluster, for the first time and again. */
export class Launcher {
  readonly #options: ClusterOptions
  readonly #daemons: Daemons
  readonly #readyTimeoutMs: number
  #url: string
  #port = 0

  constructor(options: ClusterOptions, daemons: Daemons) {
    this.#options = options
    this.#daemons = daemons
    this.#readyTimeoutMs = options.readyTimeoutMs ?? 60_000
    this.#url = options.broker?.url ?? ''
  }

  /** Address of the broker; known once it runs. */
  get url(): string {
    return this.#url
  }

  /** Starts the broker on a free port, or again on the one it had. */
  async broker(): Promise<DaemonProcess> {
    const broker = { port: this.#port, ...this.#options.brokerFlags }
    const daemon = await this.#start('broker', 'broker', { broker, mqtt: this.#base })
    this.#port = Number(daemon.ready.port)
    this.#url = `mqtt://127.0.0.1:${this.#port}`
    return daemon
  }

  coordinator(): Promise<DaemonProcess> {
    const { folder, models, coordinatorFlags } = this.#options
    const coordinator = { models, state: join(folder, 'coordinator'), ...coordinatorFlags }
    const mqtt = { url: this.#url, ...this.#base }
    return this.#start('coordinator', 'coordinator', { coordinator, mqtt })
  }

  /** @param url where the device finds the broker */
  device(id: string, index: number, url: string): Promise<DaemonProcess> {
    const { folder, deviceFlags } = this.#options
    const device = { id, state: join(folder, id), ...deviceFlags?.(index) }
    return this.#start(id, 'device', { device, mqtt: { url, ...this.#base } })
  }

  /** Performs `act` and waits until these devices are online in sessions that began with it. */
  online<T>(devices: readonly string[], act: () => Promise<T>): Promise<T> {
    const { onProgress } = this.#options
    const onOnline = (done: number) => onProgress?.({ step: 'online', done, total: devices.length })
    const limits = { since: Date.now(), timeoutMs: this.#readyTimeoutMs }
    return withRollCall({ url: this.#url, ...this.#base, devices, ...limits, onOnline }, act)
  }

  get #base(): { base?: string } {
    const { base } = this.#options
    return base === undefined ? {} : { base }
  }

  #start(name: string, verb: string, settings: object): Promise<DaemonProcess> {
    const { command, folder } = this.#options
    const logFile = join(folder, 'logs', `${name}.log`)
    const readyTimeoutMs = this.#readyTimeoutMs
    const all = { name, command: [...command, verb], settings, logFile, readyTimeoutMs }
    return this.#daemons.start(all)
  }
}
