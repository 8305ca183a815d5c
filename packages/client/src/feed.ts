import {
  type Drops,
  type ParsedTopic,
  ProtocolError,
  TOPICS,
  type TopicKind,
  type Topics,
} from '@cocoi/protocol'
import type { Transport } from '@cocoi/transport'

/** A topic of one kind, taken apart. */
export type TopicOf<K extends TopicKind> = Extract<ParsedTopic, { kind: K }>

/** Which messages are read, and how. */
export interface Reading<K extends TopicKind, M> {
  readonly kind: K
  readonly filters: readonly string[]
  /** @throws {ProtocolError} if the payload is malformed */
  readonly parse: (payload: Uint8Array) => M
  /** The message is undefined where a retained one was cleared; `name` is the topic as a text. */
  readonly receive: (topic: TopicOf<K>, message: NoInfer<M> | undefined, name: string) => void
}

/** What a client reads from the broker, checked; what is malformed is counted and dropped. */
export class Feed {
  readonly #drops: Drops
  readonly #transport: Transport
  readonly #topics: Topics

  constructor(transport: Transport, topics: Topics, drops: Drops) {
    this.#transport = transport
    this.#topics = topics
    this.#drops = drops
  }

  /**
   * Resolves when the broker has granted the subscriptions.
   *
   * @throws {TransportError} ERR_SUBSCRIBE_REFUSED, ERR_CLOSED
   */
  async read<K extends TopicKind, M>(reading: Reading<K, M>): Promise<void> {
    const handler = (topic: string, payload: Uint8Array) => this.#receive(reading, topic, payload)
    const granted = reading.filters.map(filter =>
      this.#transport.subscribe(filter, handler, { qos: 1 }),
    )
    await Promise.all(granted)
  }

  #receive<K extends TopicKind, M>(reading: Reading<K, M>, text: string, payload: Uint8Array) {
    const topic = this.#topics.parse(text)
    // A level that matches `+` need not be an identifier.
    if (topic?.kind !== reading.kind) return void this.#drops.count('unknown', 'ERR_BAD_TOPIC')
    const message = this.#parse(reading, payload)
    if (message) reading.receive(topic as TopicOf<K>, message.value, text)
  }

  #parse<K extends TopicKind, M>({ kind, parse }: Reading<K, M>, payload: Uint8Array) {
    try {
      const cleared = payload.length === 0 && TOPICS[kind].retain
      return { value: cleared ? undefined : parse(payload) }
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      this.#drops.count(kind, error.code)
      return undefined
    }
  }
}
