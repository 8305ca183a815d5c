import { Connection } from './connection.ts'
import type { Connector, Packet, Will } from './link.ts'
import { MemoryLink } from './memory-link.ts'
import type { OnNotice } from './notice.ts'
import { seededRandom } from './seeded-random.ts'
import { matchesFilter } from './topic-filter.ts'

/** How the network between broker and clients behaves. */
export interface MemoryBrokerOptions {
  /** Milliseconds one way. @default 0 */
  readonly latencyMs?: number
  /** Probability that a QoS 0 message is lost, on each of its two ways. @default 0 */
  readonly loss?: number
  /** Probability that a QoS 1 message is delivered twice. @default 0 */
  readonly duplicates?: number
  /** Makes loss and duplicates repeatable. @default 1 */
  readonly seed?: number
}

/** Who connects, and with which limits; see `MqttOptions`. */
export interface MemoryClientOptions {
  readonly clientId: string
  readonly will?: (session: number) => Will
  readonly maxPayloadBytes?: number
  readonly maxMessageBytes?: number
  readonly maxQueuedBytes?: number
  readonly onNotice?: OnNotice
}

/** A transport whose connection can be cut. */
export class MemoryTransport extends Connection {
  readonly #cut: () => void

  constructor(
    connector: Connector,
    options: ConstructorParameters<typeof Connection>[1],
    cut: () => void,
  ) {
    super(connector, options)
    this.#cut = cut
  }

  /** Cuts the connection as a dead link would: the will is published, the transport reconnects. */
  sever(): void {
    this.#cut()
  }
}

/**
 * An MQTT broker and its network in memory: retained messages, wills, takeover of a client id, QoS 0
 * and 1, `+`. The transports it hands out run the same code as those of `connectMqtt` above the
 * connection itself.
 */
export class MemoryBroker {
  readonly #latencyMs: number
  readonly #loss: number
  readonly #duplicates: number
  readonly #random: () => number
  readonly #links = new Map<string, MemoryLink>()
  readonly #waiting = new Set<MemoryLink>()
  readonly #retained = new Map<string, Packet>()
  #running = true
  #sessions = 0

  constructor({ latencyMs = 0, loss = 0, duplicates = 0, seed = 1 }: MemoryBrokerOptions = {}) {
    this.#latencyMs = latencyMs
    this.#loss = loss
    this.#duplicates = duplicates
    this.#random = seededRandom(seed)
  }

  /** A new client of this broker; connects in the background. */
  connect(client: MemoryClientOptions): MemoryTransport {
    return new MemoryTransport(
      this.#connector(client),
      {
        maxPayloadBytes: client.maxPayloadBytes ?? Number.MAX_SAFE_INTEGER,
        maxMessageBytes: client.maxMessageBytes ?? Number.MAX_SAFE_INTEGER,
        maxQueuedBytes: client.maxQueuedBytes ?? Number.MAX_SAFE_INTEGER,
        nextSession: () => ++this.#sessions,
        backoff: { minMs: 0, maxMs: 0 },
        random: this.#random,
        onNotice: client.onNotice ?? (() => {}),
      },
      () => this.#links.get(client.clientId)?.destroy('severed'),
    )
  }

  /** Cuts every connection and accepts none until `start`; retained messages are forgotten. */
  stop(): void {
    this.#running = false
    // Nobody is left to receive a will.
    const links = [...this.#links.values()]
    this.#links.clear()
    for (const link of links) link.destroy('the broker stopped')
    this.#retained.clear()
  }

  /** Accepts connections again. */
  start(): void {
    this.#running = true
    for (const link of this.#waiting) this.#later(() => this.#accept(link))
    this.#waiting.clear()
  }

  #connector({ clientId, will }: MemoryClientOptions): Connector {
    return (session, events) => {
      const client = { clientId, ...(will && { will: will(session) }) }
      const link: MemoryLink = new MemoryLink(client, this.#hub, events)
      this.#later(() => this.#accept(link))
      return link
    }
  }

  readonly #hub = {
    later: (action: () => void) => this.#later(action),
    route: (packet: Packet) => this.#route(packet),
    retained: (filter: string) =>
      [...this.#retained.values()].filter(({ topic }) => matchesFilter(filter, topic)),
    forget: (link: MemoryLink) => this.#forget(link),
  }

  #accept(link: MemoryLink): void {
    if (link.down) return
    if (!this.#running) {
      this.#waiting.add(link)
      return
    }
    this.#links.get(link.clientId)?.destroy('another client took over the client id')
    this.#links.set(link.clientId, link)
    link.accept()
  }

  #forget(link: MemoryLink): void {
    this.#waiting.delete(link)
    if (this.#links.get(link.clientId) === link) this.#links.delete(link.clientId)
  }

  #route(packet: Packet): void {
    if (!this.#running || this.#isLost(packet.qos)) return
    if (packet.retain) this.#retain(packet)
    for (const link of this.#links.values()) {
      const subscribed = link.subscribedQos(packet.topic)
      if (subscribed !== undefined) this.#deliver(link, packet, subscribed)
    }
  }

  #retain(packet: Packet): void {
    if (packet.payload.length === 0) this.#retained.delete(packet.topic)
    else this.#retained.set(packet.topic, { ...packet, payload: packet.payload.slice() })
  }

  #deliver(link: MemoryLink, packet: Packet, subscribed: 0 | 1): void {
    const qos = packet.qos === 1 ? subscribed : 0
    if (this.#isLost(qos)) return
    link.deliver(packet)
    if (qos === 1 && this.#random() < this.#duplicates) link.deliver(packet)
  }

  #isLost(qos: 0 | 1): boolean {
    return qos === 0 && this.#random() < this.#loss
  }

  #later(action: () => void): void {
    if (this.#latencyMs > 0) setTimeout(action, this.#latencyMs)
    else setImmediate(action)
  }
}
