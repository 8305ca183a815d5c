import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

/** Debian puts the broker where only root's PATH looks. */
const env = { ...process.env, PATH: `${process.env.PATH ?? ''}:/usr/sbin` }

/** Why tests that need these programs must be skipped, or undefined if they are there. */
export function mosquittoMissing(...programs: readonly string[]): string | undefined {
  const missing = programs.find(program => spawnSync(program, ['--help'], { env }).error)
  const packages = 'mosquitto and mosquitto-clients'
  return missing && `there is no ${missing}; install Debian's ${packages} to run this test`
}

/** `mosquitto_pub` for one message; rejects unless the broker has acknowledged it. */
export async function mosquittoPub(url: string, ...args: readonly string[]): Promise<void> {
  const child = spawn('mosquitto_pub', [...address(url), '-q', '1', ...args], { env })
  const [code] = await once(child, 'close')
  if (code !== 0) throw new Error(`mosquitto_pub ended with exit code ${code}`)
}

/** A message that `mosquitto_sub` has printed. */
export interface Line {
  /** Whether the broker had kept it. */
  readonly retained: boolean
  readonly topic: string
  readonly text: string
}

/**
 * Messages that `mosquitto_sub` prints for these filters: resolves when the subscriptions are granted, which
 * the arrival of the coordinator's retained status shows.
 */
export async function mosquittoSub(url: string, ...filters: readonly string[]): Promise<Lines> {
  const topics = ['cocoi/coordinator/status', ...filters].flatMap(filter => ['-t', filter])
  const lines = new Lines(
    spawn('mosquitto_sub', [...address(url), '-q', '1', '-F', '%r %t %p', ...topics], { env }),
  )
  await lines.next(({ topic }) => topic === 'cocoi/coordinator/status')
  return lines
}

/** What a running `mosquitto_sub` has printed and is going to print. */
export class Lines {
  readonly #child: ChildProcess
  readonly #seen: Line[] = []
  readonly #waiting = new Set<() => void>()

  constructor(child: ChildProcess) {
    this.#child = child
    createInterface({ input: child.stdout! }).on('line', line => {
      const [, retained, topic, text] = /^([01]) (\S+) (.*)$/.exec(line) ?? []
      if (retained === undefined) return // the rest of a payload that holds a line break
      this.#seen.push({ retained: retained === '1', topic: topic!, text: text! })
      for (const look of [...this.#waiting]) look()
    })
  }

  /** The first line that fits, of those that have come or will come. */
  next(fits: (line: Line) => boolean): Promise<Line> {
    return new Promise(resolve => {
      const look = () => {
        const found = this.#seen.find(fits)
        if (!found) return
        this.#waiting.delete(look)
        resolve(found)
      }
      this.#waiting.add(look)
      look()
    })
  }

  async end(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    this.#child.kill()
    await once(this.#child, 'exit')
  }
}

/** A running mosquitto. */
export interface Mosquitto {
  readonly url: string
  stop(): Promise<void>
}

/** Starts mosquitto with a configuration as plain as can be; resolves when it listens. */
export async function startMosquitto(): Promise<Mosquitto> {
  const folder = await mkdtemp(join(tmpdir(), 'cocoi-mosquitto-'))
  const port = await freePort()
  const config = join(folder, 'mosquitto.conf')
  await writeFile(config, `listener ${port} 127.0.0.1\nallow_anonymous true\n`)
  const child = spawn('mosquitto', ['-c', config, '-v'], { stdio: ['ignore', 'pipe', 'pipe'], env })
  const exited = once(child, 'exit')
  const stop = async () => {
    child.kill()
    await exited
    await rm(folder, { recursive: true, force: true })
  }
  const running = new Promise<void>(resolve => {
    // It has said the same on stderr in all versions of two; 2.1 says it on stdout.
    for (const input of [child.stdout, child.stderr]) {
      createInterface({ input }).on('line', line => /version .* running/.test(line) && resolve())
    }
  })
  const ended = exited.then(([code]) => {
    throw new Error(`mosquitto ended with exit code ${code} before it ran`)
  })
  await Promise.race([running, ended]).catch(async error => {
    await stop()
    throw error
  })
  ended.catch(() => undefined) // from here on that it ends is what `stop` wants
  return { url: `mqtt://127.0.0.1:${port}`, stop }
}

/** A port nobody has just now. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' ? address!.port : 0
}

function address(url: string): string[] {
  const { hostname, port } = new URL(url)
  return ['-h', hostname, '-p', port]
}
