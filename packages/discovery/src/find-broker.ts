import { networkInterfaces } from 'node:os'
import mdns from 'multicast-dns'
import { DiscoveryError } from './errors.ts'
import { isInstance, MDNS_PORT, SERVICE } from './service-name.ts'

/** A broker as somebody announces it, which may be anybody. */
export interface AnnouncedBroker {
  /** Where the answer came from. */
  readonly address: string
  readonly port: number
  /** Name that its certificate is said to be for. */
  readonly host: string
}

export interface FindOptions {
  readonly timeoutMs: number
  /** Whether this one is to be believed, or else why not. */
  readonly accept: (broker: AnnouncedBroker) => Promise<true | string>
  /** Addresses of the networks to ask on; by default all. */
  readonly networks?: readonly string[]
  /** @default 5353 */
  readonly mdnsPort?: number
}

const ASK_EVERY_MS = 1000
/** More answers than this are a flood. */
const MAX_CANDIDATES = 16

const HOST = /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/i

/**
 * Asks on every network until somebody answers who is accepted.
 *
 * @throws {DiscoveryError} ERR_NO_BROKER_FOUND after `timeoutMs`
 */
export async function findBroker(options: FindOptions): Promise<AnnouncedBroker> {
  const search = new Search(options)
  try {
    return await search.result
  } finally {
    search.end()
  }
}

class Search {
  readonly #options: FindOptions
  readonly #askers: mdns.MulticastDNS[]
  readonly #timers: readonly NodeJS.Timeout[]
  /** Why those who have answered were not accepted, by address. */
  readonly #refused = new Map<string, string>()
  readonly result: Promise<AnnouncedBroker>
  #found!: (broker: AnnouncedBroker) => void
  #failed!: (error: DiscoveryError) => void

  constructor(options: FindOptions) {
    this.#options = options
    this.result = new Promise((resolve, reject) => {
      this.#found = resolve
      this.#failed = reject
    })
    this.#askers = (options.networks ?? ownAddresses()).map(network => this.#asker(network))
    this.#timers = [
      setInterval(() => this.#ask(), ASK_EVERY_MS),
      setTimeout(() => this.#failed(this.#nothing()), options.timeoutMs),
    ]
    this.#ask()
  }

  end(): void {
    for (const timer of this.#timers) clearTimeout(timer)
    for (const asker of this.#askers) asker.destroy()
  }

  /** Asks from a port of its own: port 5353 is shared, and an answer may go to another program. */
  #asker(network: string): mdns.MulticastDNS {
    const { mdnsPort = MDNS_PORT } = this.#options
    const asker = mdns({ port: mdnsPort, interface: network, bind: false })
    // A network that is down, or takes no multicast; there are others.
    asker.on('error', () => {})
    asker.on('response', (packet, { address }) => this.#take(packet, address))
    return asker
  }

  #ask(): void {
    for (const asker of this.#askers) asker.query([{ name: SERVICE, type: 'PTR' }])
  }

  #take({ answers = [], additionals = [] }: mdns.ResponsePacket, address: string): void {
    for (const record of [...answers, ...additionals]) {
      if (record.type !== 'SRV' || !isInstance(record.name)) continue
      const { port, target } = record.data
      if (!(port > 0) || !HOST.test(target)) continue
      void this.#consider({ address, port, host: target })
    }
  }

  async #consider(broker: AnnouncedBroker): Promise<void> {
    const { address, port, host } = broker
    const key = `${host} at ${address}:${port}`
    if (this.#refused.has(key) || this.#refused.size >= MAX_CANDIDATES) return
    this.#refused.set(key, 'it has not answered in time')
    const verdict = await this.#options.accept(broker)
    if (verdict === true) this.#found(broker)
    else this.#refused.set(key, verdict)
  }

  #nothing(): DiscoveryError {
    const seconds = this.#options.timeoutMs / 1000
    const reasons = [...this.#refused].map(([key, reason]) => `${key}: ${reason}`)
    const message =
      reasons.length > 0
        ? `no broker that was found within ${seconds} s can be believed (${reasons.join('; ')}): set mqtt.caFile to the ca.crt of the broker, or mqtt.url to its address`
        : `no broker has announced itself within ${seconds} s: see that it runs with TLS (cocoi init --tls) in the same network, or set mqtt.url to its address where multicast does not get through`
    return new DiscoveryError('ERR_NO_BROKER_FOUND', message)
  }
}

/** One address for each network this machine is in. */
function ownAddresses(): string[] {
  return Object.values(networkInterfaces()).flatMap(entries => {
    const first = entries?.find(({ family }) => family === 'IPv4')
    return first ? [first.address] : []
  })
}
