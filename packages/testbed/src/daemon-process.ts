import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { createInterface } from 'node:readline'
import { TestbedError } from './errors.ts'

export interface DaemonProcessOptions {
  readonly name: string
  /** Program and arguments. */
  readonly command: readonly string[]
  /** Settings by section, handed over in NODE_CONFIG. */
  readonly settings: object
  /** Receives stderr; its last lines explain a failure. */
  readonly logFile: string
  /** How long it may take to say `ready`. */
  readonly readyTimeoutMs: number
}

/** How long a daemon may take to stop before it is killed. */
const stopTimeoutMs = 10_000

/**
 * One daemon as a process of its own. Its stdin is a pipe that closes when this process dies, upon
 * which the daemon ends too: no orphans, whatever happens.
 */
export class DaemonProcess {
  readonly name: string
  /** What it said with `ready`. */
  readonly ready: Readonly<Record<string, unknown>>
  readonly #child: ChildProcess
  readonly #exited: Promise<void>

  private constructor(
    name: string,
    started: { child: ChildProcess; exited: Promise<void>; ready: Record<string, unknown> },
  ) {
    this.name = name
    this.ready = started.ready
    this.#child = started.child
    this.#exited = started.exited
  }

  /** @throws {TestbedError} ERR_DAEMON_FAILED with the last lines of its log */
  static async start(options: DaemonProcessOptions): Promise<DaemonProcess> {
    const child = launch(options)
    const exited = new Promise<void>(resolve => child.once('exit', () => resolve()))
    const ready = await readyLine(child, options)
    return new DaemonProcess(options.name, { child, exited, ready })
  }

  get pid(): number {
    return this.#child.pid!
  }

  get alive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null
  }

  /** SIGKILL: dies at once, the broker publishes its will. */
  kill(): void {
    if (this.alive) this.#child.kill('SIGKILL')
  }

  /** SIGSTOP: hangs without a word, as a device with a dead link would. */
  freeze(): void {
    if (this.alive) this.#child.kill('SIGSTOP')
  }

  /** SIGCONT. */
  thaw(): void {
    if (this.alive) this.#child.kill('SIGCONT')
  }

  /** Ends it in order, or by force after a while; resolves when it has ended. */
  async stop(): Promise<void> {
    if (!this.alive) return
    this.thaw()
    this.#child.kill('SIGTERM')
    const timer = setTimeout(() => this.kill(), stopTimeoutMs)
    await this.#exited
    clearTimeout(timer)
  }
}

function launch({ command, settings, logFile }: DaemonProcessOptions): ChildProcess {
  mkdirSync(dirname(logFile), { recursive: true })
  const log = openSync(logFile, 'a')
  const [program, ...args] = command
  const child = spawn(program!, args, {
    stdio: ['pipe', 'pipe', log],
    env: { ...process.env, NODE_CONFIG: JSON.stringify(settings), COCOI_PARENT_PIPE: '1' },
    // Ctrl-C goes to the parent, which stops its daemons in order.
    detached: true,
  })
  closeSync(log)
  return child
}

function readyLine(
  child: ChildProcess,
  { name, logFile, readyTimeoutMs }: DaemonProcessOptions,
): Promise<Record<string, unknown>> {
  return new Promise((resolve, reject) => {
    const fail = (what: string) => {
      clearTimeout(timer)
      child.off('exit', onExit)
      child.kill('SIGKILL')
      const message = `${name} ${what}; its log ends with: ${lastLines(logFile)}`
      reject(new TestbedError('ERR_DAEMON_FAILED', message))
    }
    const timer = setTimeout(() => fail(`was not ready after ${readyTimeoutMs} ms`), readyTimeoutMs)
    child.once('error', error => fail(`could not be started (${error.message})`))
    const onExit = (code: number | null, signal: string | null) =>
      fail(`ended with ${signal ?? `exit code ${code}`}`)
    child.once('exit', onExit)
    createInterface({ input: child.stdout! }).on('line', line => {
      if (!line.startsWith('ready ')) return
      clearTimeout(timer)
      child.off('exit', onExit)
      resolve(JSON.parse(line.slice('ready '.length)))
    })
  })
}

function lastLines(file: string): string {
  const lines = readFileSync(file, 'utf8').trim().split('\n')
  return lines.slice(-5).join(' | ') || 'nothing'
}
