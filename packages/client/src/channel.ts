import { TOPICS, type TopicKind } from '@cocoi/protocol'
import type { Feed, Reading, TopicOf } from './feed.ts'
import { Listeners } from './listeners.ts'

/** Topics whose latest message is kept, lest an open broker fill the memory of its readers. */
const maxTopics = 4096

export interface ChannelOptions<K extends TopicKind, M> extends Omit<Reading<K, M>, 'receive'> {
  /** Whether a message is older than what is known already, and to be skipped. */
  readonly isLate?: (message: M, known: M | undefined, topic: TopicOf<K>) => boolean
}

interface Message<K extends TopicKind, M> {
  readonly topic: TopicOf<K>
  readonly message: M
}

/**
 * The messages of one kind for listeners that come and go: one subscription for all, made when the
 * first one comes. One that comes later is told what is retained, as a new subscriber would be.
 */
export class Channel<K extends TopicKind, M> {
  readonly #feed: Feed
  readonly #options: ChannelOptions<K, M>
  readonly #latest = new Map<string, Message<K, M>>()
  readonly #listeners = new Listeners<Message<K, M>>()
  #started: Promise<void> | undefined

  constructor(feed: Feed, options: ChannelOptions<K, M>) {
    this.#feed = feed
    this.#options = options
  }

  /** The latest retained message with this topic, once a listener has come. */
  latest(topic: string): M | undefined {
    return this.#latest.get(topic)?.message
  }

  /** Resolves, once the broker has granted the subscription, with a function that ends the calls. */
  async listen(listener: (message: M, topic: TopicOf<K>) => void): Promise<() => void> {
    await this.#start()
    const call = ({ message, topic }: Message<K, M>) => listener(message, topic)
    const end = this.#listeners.add(call)
    for (const one of [...this.#latest.values()]) call(one)
    return end
  }

  async #start(): Promise<void> {
    const receive: Reading<K, M>['receive'] = (...args) => this.#receive(...args)
    this.#started ??= this.#feed.read({ ...this.#options, receive })
    try {
      await this.#started
    } catch (error) {
      this.#started = undefined
      throw error
    }
  }

  #receive(topic: TopicOf<K>, message: M | undefined, name: string): void {
    if (message === undefined) return void this.#latest.delete(name)
    if (this.#options.isLate?.(message, this.latest(name), topic)) return
    this.#keep(name, { topic, message })
    this.#listeners.emit({ topic, message })
  }

  #keep(name: string, message: Message<K, M>): void {
    if (!TOPICS[this.#options.kind].retain) return
    if (this.#latest.has(name) || this.#latest.size < maxTopics) this.#latest.set(name, message)
  }
}
