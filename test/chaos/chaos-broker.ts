import { join } from 'node:path'
import { DaemonProcess, VirtualDaemon } from '@cocoi/testbed'
import { mosquittoMissing, startMosquitto } from '../helpers/mosquitto.ts'
import { natsMissing, startNats } from '../helpers/nats.ts'
import { cocoiProgram } from '../helpers/virtual-cluster.ts'

export const brokerKinds = ['own', 'mosquitto', 'nats'] as const
export type BrokerKind = (typeof brokerKinds)[number]

/** A broker as a process, whoever made it. */
export interface BrokerLife {
  readonly pid: number
  readonly alive: boolean
  /** SIGKILL. */
  kill(): void
  /** On the port it had; resolves when it listens. */
  restart(): Promise<void>
  stop(): Promise<void>
}

/** Why this broker cannot be used here, or undefined if it can. */
export function brokerMissing(kind: BrokerKind): string | undefined {
  if (kind === 'mosquitto') return mosquittoMissing('mosquitto')
  return kind === 'nats' ? natsMissing() : undefined
}

/** Starts a broker of another make; ours belongs to the cluster. */
export async function startForeignBroker(
  kind: 'mosquitto' | 'nats',
): Promise<BrokerLife & { readonly url: string }> {
  const missing = brokerMissing(kind)
  if (missing !== undefined) throw new Error(missing)
  if (kind === 'mosquitto') return await startMosquitto()
  const [node] = await startNats(1)
  return node!
}

/** The broker that takes the place of another one: of a different make, if there is one here. */
export class Substitute {
  readonly kind: 'own' | 'mosquitto'
  readonly #port: number
  readonly #folder: string

  constructor(instead: BrokerKind, { url, folder }: { url: string; folder: string }) {
    const mosquitto = instead === 'own' && brokerMissing('mosquitto') === undefined
    this.kind = mosquitto ? 'mosquitto' : 'own'
    this.#port = Number(new URL(url).port)
    this.#folder = folder
  }

  /** Starts it, with nothing in its memory, on the port of the other one. */
  async start(): Promise<BrokerLife> {
    if (this.kind === 'mosquitto') return await startMosquitto(this.#port)
    return await VirtualDaemon.start(() =>
      DaemonProcess.start({
        ...{ name: 'substitute', command: [...cocoiProgram, 'broker'], readyTimeoutMs: 60_000 },
        settings: { broker: { port: this.#port } },
        logFile: join(this.#folder, 'logs', 'substitute.log'),
      }),
    )
  }
}
