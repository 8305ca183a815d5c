import { TransportError } from './errors.ts'
import type { FilterRequest, Link, LinkEvents, Packet, Will } from './link.ts'
import { matchesFilter } from './topic-filter.ts'

/** The broker's end of memory links. */
export interface MemoryHub {
  /** Runs an action one latency later, in the order of the calls. */
  later(action: () => void): void
  route(packet: Packet): void
  retained(filter: string): Packet[]
  forget(link: MemoryLink): void
}

/** One connection to a broker in the same process. */
export class MemoryLink implements Link {
  readonly clientId: string
  readonly writable = true
  readonly #hub: MemoryHub
  readonly #events: LinkEvents
  readonly #will: Will | undefined
  readonly #filters = new Map<string, 0 | 1>()
  readonly #ended: Promise<void>
  #down = false
  #up = false
  #end!: () => void

  constructor(client: { clientId: string; will?: Will }, hub: MemoryHub, events: LinkEvents) {
    this.clientId = client.clientId
    this.#will = client.will
    this.#hub = hub
    this.#events = events
    this.#ended = new Promise(resolve => {
      this.#end = resolve
    })
  }

  /** Whether it ended, perhaps before the broker accepted it. */
  get down(): boolean {
    return this.#down
  }

  /** The broker accepts the connection. */
  accept(): void {
    this.#up = true
    this.#events.onUp()
  }

  /** The quality at which a message for this topic is delivered, if it is. */
  subscribedQos(topic: string): 0 | 1 | undefined {
    const matching = [...this.#filters].filter(([filter]) => matchesFilter(filter, topic))
    if (matching.length === 0) return undefined
    return matching.some(([, qos]) => qos === 1) ? 1 : 0
  }

  /** A message of the broker is on its way; lost if the connection ends first. */
  deliver({ topic, payload }: Packet): void {
    this.#later(() => this.#events.onMessage(topic, payload.slice()))
  }

  publish(packet: Packet, done: () => void): void {
    if (packet.qos === 0) this.#later(done)
    this.#later(() => {
      this.#hub.route(packet)
      if (packet.qos === 1) this.#later(done)
    })
  }

  subscribe(requests: readonly FilterRequest[]): Promise<boolean[]> {
    const granted = requests.map(({ filter }) => !filter.startsWith('$'))
    return this.#answered(() => {
      const accepted = requests.filter((_, index) => granted[index])
      for (const { filter, qos } of accepted) this.#filters.set(filter, qos)
      for (const { filter } of accepted) {
        for (const packet of this.#hub.retained(filter)) this.deliver(packet)
      }
      return granted
    })
  }

  unsubscribe(filter: string): Promise<void> {
    return this.#answered(() => void this.#filters.delete(filter))
  }

  close(): Promise<void> {
    this.#later(() => this.#fail('closed', undefined))
    return this.#ended
  }

  destroy(reason: string): void {
    this.#fail(reason, this.#up ? this.#will : undefined)
  }

  #fail(reason: string, will: Will | undefined): void {
    if (this.#down) return
    this.#down = true
    this.#hub.forget(this)
    if (will) this.#hub.route(will)
    this.#end()
    this.#events.onDown(this.#gone(reason))
  }

  #later(action: () => void): void {
    this.#hub.later(() => {
      if (!this.#down) action()
    })
  }

  #answered<T>(action: () => T): Promise<T> {
    const answer = new Promise<T>(resolve =>
      this.#later(() => {
        const result = action()
        this.#later(() => resolve(result))
      }),
    )
    const gone = this.#ended.then(() => {
      throw this.#gone('closed before the broker answered')
    })
    return Promise.race([answer, gone])
  }

  #gone(reason: string): TransportError {
    return new TransportError('ERR_NOT_CONNECTED', `connection of ${this.clientId}: ${reason}`)
  }
}
