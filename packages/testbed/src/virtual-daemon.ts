import type { DaemonProcess } from './daemon-process.ts'

/** Starts the process, for the first time and again; resolves when it is ready. */
type Launch = () => Promise<DaemonProcess>

/** A broker, coordinator or device of a virtual cluster, over all the processes it is in its life. */
export class VirtualDaemon {
  readonly #launch: Launch
  #process: DaemonProcess
  #restarting: Promise<void> | undefined

  private constructor(launch: Launch, process: DaemonProcess) {
    this.#launch = launch
    this.#process = process
  }

  /** @throws {TestbedError} ERR_DAEMON_FAILED | ERR_CLUSTER_STOPPED */
  static async start(launch: Launch): Promise<VirtualDaemon> {
    return new VirtualDaemon(launch, await launch())
  }

  get id(): string {
    return this.#process.name
  }

  get pid(): number {
    return this.#process.pid
  }

  get alive(): boolean {
    return this.#process.alive
  }

  /** What it said with `ready` when it was started last. */
  get ready(): DaemonProcess['ready'] {
    return this.#process.ready
  }

  /** SIGKILL: dies at once, the broker publishes its will. */
  kill(): void {
    this.#process.kill()
  }

  /** SIGSTOP: hangs without a word, as a device with a dead link would. */
  freeze(): void {
    this.#process.freeze()
  }

  /** SIGCONT. */
  thaw(): void {
    this.#process.thaw()
  }

  /** Ends it in order, or by force after a while; resolves when it has ended. */
  stop(): Promise<void> {
    return this.#process.stop()
  }

  /**
   * Ends it if it is not dead yet and starts it again with the same settings; resolves when it is
   * ready, which coordinator and devices are once they are online. Asked twice it does so once.
   *
   * @throws {TestbedError} ERR_DAEMON_FAILED | ERR_CLUSTER_STOPPED
   */
  restart(): Promise<void> {
    this.#restarting ??= this.#restart().finally(() => {
      this.#restarting = undefined
    })
    return this.#restarting
  }

  async #restart(): Promise<void> {
    await this.#process.stop()
    this.#process = await this.#launch()
  }
}
