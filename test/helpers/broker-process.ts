import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import { createInterface } from 'node:readline'

/** Debian puts brokers where only root's PATH looks. */
export const brokerEnvironment = {
  ...process.env,
  PATH: `${process.env.PATH ?? ''}:/usr/sbin`,
}

/** Whether a program can be started. */
export function isInstalled(program: string): boolean {
  return !spawnSync(program, ['--help'], { env: brokerEnvironment }).error
}

export interface BrokerCommand {
  readonly program: string
  readonly args: readonly string[]
  readonly port: number
  /** What it prints on a line when it listens. */
  readonly ready: RegExp
  /** Its configuration and what it stores; removed when it is stopped. */
  readonly folder: string
}

/** What a broker prints that explains why it did not come up. */
const lastLines = 5

/** A broker that is not ours: it can be killed, and started again on the port it had. */
export class BrokerProcess {
  readonly #command: BrokerCommand
  #child: ChildProcess

  /** Resolves when it listens. */
  static async start(command: BrokerCommand): Promise<BrokerProcess> {
    try {
      return new BrokerProcess(command, await launch(command))
    } catch (error) {
      await rm(command.folder, { recursive: true, force: true })
      throw error
    }
  }

  private constructor(command: BrokerCommand, child: ChildProcess) {
    this.#command = command
    this.#child = child
  }

  get url(): string {
    return `mqtt://127.0.0.1:${this.#command.port}`
  }

  get pid(): number {
    return this.#child.pid!
  }

  get alive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null
  }

  /** SIGKILL. */
  kill(): void {
    if (this.alive) this.#child.kill('SIGKILL')
  }

  /** Kills it if it lives, and starts it again with what it has stored; resolves when it listens. */
  async restart(): Promise<void> {
    await this.#end()
    this.#child = await launch(this.#command)
  }

  async stop(): Promise<void> {
    await this.#end()
    await rm(this.#command.folder, { recursive: true, force: true })
  }

  async #end(): Promise<void> {
    if (!this.alive) return
    const exited = once(this.#child, 'exit')
    this.kill()
    await exited
  }
}

async function launch({ program, args, ready }: BrokerCommand): Promise<ChildProcess> {
  const stdio = ['ignore', 'pipe', 'pipe'] as const
  const child = spawn(program, args, { stdio: [...stdio], env: brokerEnvironment })
  killWithThisProcess(child)
  const said: string[] = []
  const running = new Promise<void>(resolve => {
    for (const input of [child.stdout, child.stderr]) {
      createInterface({ input }).on('line', line => {
        said.push(line)
        if (said.length > lastLines) said.shift()
        if (ready.test(line)) resolve()
      })
    }
  })
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`${program} ended with exit code ${code} before it ran: ${said.join(' | ')}`)
  })
  ended.catch(() => undefined) // later on, that it ends is what was wanted
  await Promise.race([running, ended])
  return child
}

/** However this process ends: the pipe to the shell closes with it. */
function killWithThisProcess(child: ChildProcess): void {
  const script = 'read -r _; kill -KILL "$0"'
  const guard = spawn('sh', ['-c', script, String(child.pid)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  })
  guard.once('error', () => {})
  child.once('exit', () => guard.kill('SIGKILL'))
}
