import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, mkdirSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import { daemonEnvironment } from './daemon-environment.ts'
import { guardFrozen } from './freeze-guard.ts'
import { readyLine } from './ready-line.ts'

export interface DaemonProcessOptions {
  readonly name: string
  /** Program and arguments. */
  readonly command: readonly string[]
  /** Settings by section that differ from the built-in defaults. */
  readonly settings: object
  /** Receives stderr; its last lines explain a failure. */
  readonly logFile: string
  /** How long it may take to say `ready`. */
  readonly readyTimeoutMs: number
  /** Told of the process as soon as there is one, long before it is ready. */
  readonly onSpawn?: (daemon: DaemonProcess) => void
}

/** How long a daemon may take to stop before it is killed. */
const stopTimeoutMs = 10_000

/**
 * One daemon as a process of its own. Its stdin is a pipe that closes when this process dies, upon
 * which the daemon ends too: no orphans, whatever happens.
 */
export class DaemonProcess {
  readonly name: string
  /** Resolves when the process has ended, or could not be started. */
  readonly ended: Promise<void>
  readonly #child: ChildProcess
  #ready: Readonly<Record<string, unknown>> = {}
  #endGuard: (() => void) | undefined

  private constructor(options: DaemonProcessOptions) {
    this.name = options.name
    this.#child = launch(options)
    this.ended = new Promise(resolve => {
      this.#child.once('exit', () => resolve())
      // A process that never was does not exit.
      this.#child.once('error', () => this.#child.pid === undefined && resolve())
    })
    void this.ended.then(() => this.#unguard())
  }

  /** @throws {TestbedError} ERR_DAEMON_FAILED with the last lines of its log; it has been killed then */
  static async start(options: DaemonProcessOptions): Promise<DaemonProcess> {
    const daemon = new DaemonProcess(options)
    options.onSpawn?.(daemon)
    daemon.#ready = await readyLine(daemon.#child, options)
    return daemon
  }

  /** What it said with `ready`. */
  get ready(): Readonly<Record<string, unknown>> {
    return this.#ready
  }

  get pid(): number {
    return this.#child.pid!
  }

  get alive(): boolean {
    const { pid, exitCode, signalCode } = this.#child
    return pid !== undefined && exitCode === null && signalCode === null
  }

  /** SIGKILL: dies at once, the broker publishes its will. */
  kill(): void {
    if (this.alive) this.#child.kill('SIGKILL')
  }

  /** SIGSTOP: hangs without a word, as a device with a dead link would. */
  freeze(): void {
    if (!this.alive) return
    this.#endGuard ??= guardFrozen(this.pid)
    this.#child.kill('SIGSTOP')
  }

  /** SIGCONT. */
  thaw(): void {
    if (this.alive) this.#child.kill('SIGCONT')
    this.#unguard()
  }

  /** Ends it in order, or by force after a while; resolves when it has ended. */
  async stop(): Promise<void> {
    if (!this.alive) return
    this.thaw()
    this.#child.kill('SIGTERM')
    const timer = setTimeout(() => this.kill(), stopTimeoutMs)
    await this.ended
    clearTimeout(timer)
  }

  #unguard(): void {
    this.#endGuard?.()
    this.#endGuard = undefined
  }
}

function launch({ command, settings, logFile }: DaemonProcessOptions): ChildProcess {
  mkdirSync(dirname(logFile), { recursive: true })
  const log = openSync(logFile, 'a')
  const [program, ...args] = command
  const child = spawn(program!, args, {
    stdio: ['pipe', 'pipe', log],
    env: daemonEnvironment(settings),
    // Ctrl-C goes to the parent, which stops its daemons in order.
    detached: true,
  })
  closeSync(log)
  return child
}
