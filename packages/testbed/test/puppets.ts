import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface, type Interface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import type { ClusterOptions } from '@cocoi/testbed'
import { Inbox } from './inbox.ts'

const program = (name: string) => fileURLToPath(new URL(`./programs/${name}.js`, import.meta.url))

/** A process that plays a daemon as the test tells it. */
export interface Puppet {
  readonly name: string
  readonly pid: number
  readonly environment: NodeJS.ProcessEnv
  /** Whether the process is gone. */
  readonly gone: boolean
  /** Resolves when it is. */
  readonly ended: Promise<void>
  /** Writes a line to stdout; like all that follow, resolves when it has been done. */
  say(line: string): Promise<void>
  /** Writes a line to stderr. */
  log(line: string): Promise<void>
  /** Does not end any more when its parent does. */
  goDeaf(): Promise<void>
  /** Publishes the status `online` under its name. */
  announce(session?: number): Promise<void>
  exit(code: number): void
}

/** What a program left behind. */
export interface Outcome {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** The puppets of one test, each of which calls in when it has started. */
export class Puppets {
  readonly all: Puppet[] = []
  /** For logs and states. */
  readonly folder: string
  readonly #server: Server
  readonly #arrivals = new Inbox<Puppet>()
  readonly #sockets = new Set<Socket>()
  readonly #children = new Set<ChildProcess>()

  private constructor(server: Server, folder: string) {
    this.#server = server
    this.folder = folder
    server.on('connection', socket => this.#greet(socket))
  }

  static async open(): Promise<Puppets> {
    const server = createServer()
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    return new Puppets(server, await mkdtemp(join(tmpdir(), 'cocoi-testbed-')))
  }

  /** Starts a puppet. */
  get command(): string[] {
    const { port } = this.#server.address() as { port: number }
    return [process.execPath, program('puppet'), String(port)]
  }

  /** A cluster of puppets. */
  options(devices: number): ClusterOptions {
    return { command: this.command, devices, folder: this.folder, models: this.folder }
  }

  /** The next puppet of this name to call in. */
  async take(name: string): Promise<Puppet> {
    return await this.#arrivals.take(puppet => puppet.name === name)
  }

  /** Lets a device be started as a good one. */
  async takeOnline(name: string): Promise<Puppet> {
    const puppet = await this.take(name)
    await puppet.say('ready {}')
    await puppet.announce()
    return puppet
  }

  /** Starts a program that gets the options as JSON. */
  spawn(name: string, options: object): ChildProcess {
    const child = spawn(process.execPath, [program(name), JSON.stringify(options)])
    this.#children.add(child)
    return child
  }

  /** Runs such a program to its end. */
  async run(name: string, options: object): Promise<Outcome> {
    const child = this.spawn(name, options)
    const [stdout, stderr, [code]] = await Promise.all([
      text(child.stdout!),
      text(child.stderr!),
      once(child, 'close'),
    ])
    return { code, stdout, stderr }
  }

  /** Ends what a failed test left running. */
  async close(): Promise<void> {
    for (const child of this.#children) child.kill('SIGKILL')
    for (const { gone, pid } of this.all) if (!gone) process.kill(pid, 'SIGKILL')
    for (const socket of this.#sockets) socket.destroy()
    await new Promise(resolve => this.#server.close(resolve))
    await rm(this.folder, { recursive: true, force: true })
  }

  #greet(socket: Socket): void {
    this.#sockets.add(socket)
    // A killed process resets its connection.
    socket.on('error', () => {})
    const lines = createInterface({ input: socket })
    lines.once('line', line => {
      const puppet = puppetAt(socket, lines, JSON.parse(line))
      this.all.push(puppet)
      this.#arrivals.put(puppet)
    })
  }
}

type Hello = Pick<Puppet, 'name' | 'pid' | 'environment'>

function puppetAt(socket: Socket, lines: Interface, hello: Hello): Puppet {
  const tell = async (does: string, argument: unknown) => {
    socket.write(`${JSON.stringify({ does, with: argument })}\n`)
    await once(lines, 'line')
  }
  return {
    ...hello,
    get gone() {
      return socket.closed
    },
    ended: new Promise(resolve => socket.once('close', () => resolve())),
    say: line => tell('say', line),
    log: line => tell('log', line),
    goDeaf: () => tell('go-deaf', undefined),
    announce: (session = Date.now()) => tell('announce', session),
    exit: code => void tell('exit', code),
  }
}
