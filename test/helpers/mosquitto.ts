import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { BrokerProcess, brokerEnvironment, isInstalled } from './broker-process.ts'
import { freePort } from './free-port.ts'

/** Why tests that need these programs must be skipped, or undefined if they are there. */
export function mosquittoMissing(...programs: readonly string[]): string | undefined {
  const missing = programs.find(program => !isInstalled(program))
  const packages = 'mosquitto and mosquitto-clients'
  return missing && `there is no ${missing}; install Debian's ${packages} to run this test`
}

/** `mosquitto_pub` for one message; rejects unless the broker has acknowledged it. */
export async function mosquittoPub(url: string, ...args: readonly string[]): Promise<void> {
  const child = spawn('mosquitto_pub', [...address(url), '-q', '1', ...args], {
    env: brokerEnvironment,
  })
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
    spawn('mosquitto_sub', [...address(url), '-q', '1', '-F', '%r %t %p', ...topics], {
      env: brokerEnvironment,
    }),
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

/**
 * Starts mosquitto with a configuration as plain as can be; resolves when it listens. Since 2.1 it takes
 * 2 MB at most unless it is told otherwise; ours are of 16 MiB.
 */
export async function startMosquitto(port?: number): Promise<BrokerProcess> {
  const folder = await mkdtemp(join(tmpdir(), 'cocoi-mosquitto-'))
  const config = join(folder, 'mosquitto.conf')
  const listener = port ?? (await freePort())
  await writeFile(
    config,
    `listener ${listener} 127.0.0.1\nallow_anonymous true\nmax_packet_size ${17 * 2 ** 20}\n`,
  )
  return await BrokerProcess.start({
    ...{ program: 'mosquitto', args: ['-c', config], port: listener, folder },
    ready: /version .* running/,
  })
}

function address(url: string): string[] {
  const { hostname, port } = new URL(url)
  return ['-h', hostname, '-p', port]
}
