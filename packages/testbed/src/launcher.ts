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
    this.#url = await this.#brokerUrl(undefined)
    return daemon
  }

  async coordinator(): Promise<DaemonProcess> {
    const { folder, models, coordinatorFlags } = this.#options
    const coordinator = { models, state: join(folder, 'coordinator'), ...coordinatorFlags }
    const mqtt = { url: await this.#brokerUrl('coordinator'), ...this.#base }
    return this.#start('coordinator', 'coordinator', { coordinator, mqtt })
  }

  /** Where this daemon, or this process, finds the broker. */
  async #brokerUrl(seenBy: string | undefined): Promise<string> {
    const { machines, broker } = this.#options
    if (broker) return broker.url
    return machines?.brokerUrl(seenBy, this.#port) ?? `mqtt://127.0.0.1:${this.#port}`
  }

  /** Where a device finds the broker. */
  async deviceUrl(id: string, index: number): Promise<string> {
    const url = await this.#brokerUrl(id)
    return (await this.#options.deviceUrl?.(index, url)) ?? url
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
    const { command: program, folder, machines } = this.#options
    const own = [...program, verb]
    const command = machines?.command(name, own) ?? own
    const logFile = join(folder, 'logs', `${name}.log`)
    const readyTimeoutMs = this.#readyTimeoutMs
    const all = { name, command, settings, logFile, readyTimeoutMs }
    return this.#daemons.start(all)
  }
}
