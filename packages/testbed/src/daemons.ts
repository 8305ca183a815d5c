import { DaemonProcess, type DaemonProcessOptions } from './daemon-process.ts'
import { endWithParent } from './end-with-parent.ts'
import { TestbedError } from './errors.ts'

/**
 * The processes of one cluster, from the moment they are spawned: none can be left behind, also when
 * this process is told to end.
 */
export class Daemons {
  readonly #running = new Set<DaemonProcess>()
  readonly #release = endWithParent(this)
  #stopping: Promise<void> | undefined

  /** @throws {TestbedError} ERR_DAEMON_FAILED | ERR_CLUSTER_STOPPED */
  async start(options: Omit<DaemonProcessOptions, 'onSpawn'>): Promise<DaemonProcess> {
    if (this.#stopping) throw stopped(options.name)
    return await DaemonProcess.start({ ...options, onSpawn: daemon => this.#register(daemon) })
  }

  /** Ends all of them, the broker last, and refuses to start more. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop().finally(this.#release)
    return this.#stopping
  }

  /** Kills all of them at once. */
  kill(): void {
    for (const daemon of this.#running) daemon.kill()
  }

  #register(daemon: DaemonProcess): void {
    this.#running.add(daemon)
    void daemon.ended.then(() => this.#running.delete(daemon))
  }

  async #stop(): Promise<void> {
    const daemons = [...this.#running]
    const brokers = daemons.filter(({ name }) => name === 'broker')
    await Promise.all(daemons.filter(one => !brokers.includes(one)).map(one => one.stop()))
    await Promise.all(brokers.map(one => one.stop()))
  }
}

function stopped(name: string): TestbedError {
  return new TestbedError('ERR_CLUSTER_STOPPED', `${name} is not started: the cluster is stopping`)
}
