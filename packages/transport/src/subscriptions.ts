import { closedError, TransportError } from './errors.ts'
import type { FilterRequest, Link } from './link.ts'
import { matchesFilter } from './topic-filter.ts'
import type { MessageHandler } from './transport.ts'

/** A handler, and its subscriber until the broker has answered. */
interface Listener {
  readonly handler: MessageHandler
  answer?: { readonly resolve: () => void; readonly reject: (error: TransportError) => void }
}

interface Subscription {
  readonly filter: string
  qos: 0 | 1
  readonly listeners: Set<Listener>
}

/** What one connection is subscribed to, kept over reconnects; several handlers may share a filter. */
export class Subscriptions {
  readonly #byFilter = new Map<string, Subscription>()
  readonly #onRefused: (filter: string) => void

  /** @param onRefused told when a filter granted earlier is refused at a renewal */
  constructor(onRefused: (filter: string) => void) {
    this.#onRefused = onRefused
  }

  /** Adds a handler; the promise is settled when a `request` for the filter is concluded. */
  add(filter: string, handler: MessageHandler, qos: 0 | 1): Promise<void> {
    const subscription = this.#byFilter.get(filter) ?? { filter, qos, listeners: new Set() }
    this.#byFilter.set(filter, subscription)
    if (qos > subscription.qos) subscription.qos = qos
    return new Promise((resolve, reject) => {
      subscription.listeners.add({ handler, answer: { resolve, reject } })
    })
  }

  /** All of them. */
  get filters(): string[] {
    return [...this.#byFilter.keys()]
  }

  /**
   * Asks the broker for some filters. Nobody is told yet, and if the link goes down nothing is refused.
   *
   * @returns those it does not grant
   */
  async request(link: Link, filters: readonly string[]): Promise<string[]> {
    const wanted = [...this.#byFilter.values()].filter(one => filters.includes(one.filter))
    if (wanted.length === 0) return []
    const granted = await link.subscribe(wanted.map(toRequest)).catch(() => undefined)
    return wanted.flatMap(({ filter }, index) => (!granted || granted[index] ? [] : filter))
  }

  /** Tells the subscribers of some filters what has become of them. */
  conclude(filters: readonly string[], refused: readonly string[]): void {
    for (const filter of filters) {
      const subscription = this.#byFilter.get(filter)
      if (!subscription) continue
      if (refused.includes(filter)) this.#refuse(subscription)
      else for (const listener of subscription.listeners) accept(listener)
    }
  }

  /** Forgets the filter; subscribers still waiting for an answer are refused. */
  remove(filter: string): boolean {
    const subscription = this.#byFilter.get(filter)
    if (!subscription) return false
    this.#byFilter.delete(filter)
    for (const { answer } of subscription.listeners) answer?.reject(refused(filter, 'unsubscribed'))
    return true
  }

  /** The handlers for a topic. */
  handlers(topic: string): MessageHandler[] {
    return [...this.#byFilter.values()]
      .filter(({ filter }) => matchesFilter(filter, topic))
      .flatMap(({ listeners }) => [...listeners].map(({ handler }) => handler))
  }

  close(): void {
    for (const { listeners } of this.#byFilter.values()) {
      for (const { answer } of listeners) answer?.reject(closedError())
    }
    this.#byFilter.clear()
  }

  /** New handlers go; older ones stay, for the next renewal may succeed. */
  #refuse({ filter, listeners }: Subscription): void {
    for (const listener of listeners) {
      if (!listener.answer) continue
      listeners.delete(listener)
      listener.answer.reject(refused(filter, 'the broker does not grant it to this client'))
    }
    if (listeners.size === 0) this.#byFilter.delete(filter)
    else this.#onRefused(filter)
  }
}

function accept(listener: Listener): void {
  listener.answer?.resolve()
  delete listener.answer
}

function toRequest({ filter, qos }: Subscription): FilterRequest {
  return { filter, qos }
}

function refused(filter: string, reason: string): TransportError {
  return new TransportError('ERR_SUBSCRIBE_REFUSED', `subscription to ${filter}: ${reason}`)
}
