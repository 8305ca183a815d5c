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
  readonly #onRefused: (code: string, message: string) => void

  /** @param onRefused told when a filter granted earlier is refused at a renewal */
  constructor(onRefused: (code: string, message: string) => void) {
    this.#onRefused = onRefused
  }

  /** Adds a handler; the promise is settled by the answer to a `request` that includes the filter. */
  add(filter: string, handler: MessageHandler, qos: 0 | 1): Promise<void> {
    const subscription = this.#byFilter.get(filter) ?? { filter, qos, listeners: new Set() }
    this.#byFilter.set(filter, subscription)
    if (qos > subscription.qos) subscription.qos = qos
    return new Promise((resolve, reject) => {
      subscription.listeners.add({ handler, answer: { resolve, reject } })
    })
  }

  /** Asks the broker for one filter; without it, for all. Settles quietly if the link goes down. */
  async request(link: Link, filter?: string): Promise<void> {
    const all = [...this.#byFilter.values()]
    const wanted = filter === undefined ? all : all.filter(one => one.filter === filter)
    if (wanted.length === 0) return
    const asked = wanted.map(one => ({ one, listeners: [...one.listeners] }))
    const granted = await link.subscribe(wanted.map(toRequest)).catch(() => undefined)
    if (!granted) return
    for (const [index, { one, listeners }] of asked.entries()) {
      if (granted[index]) for (const { answer } of listeners) answer?.resolve()
      else this.#refuse(one, listeners)
      for (const listener of listeners) delete listener.answer
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
  #refuse(subscription: Subscription, listeners: readonly Listener[]): void {
    const { filter } = subscription
    for (const listener of listeners) {
      if (!listener.answer) continue
      subscription.listeners.delete(listener)
      listener.answer.reject(refused(filter, 'the broker does not grant it to this client'))
    }
    if (subscription.listeners.size > 0) {
      this.#onRefused(
        'ERR_SUBSCRIBE_REFUSED',
        `${filter} is no longer granted, asking at reconnect`,
      )
    } else if (this.#byFilter.get(filter) === subscription) {
      this.#byFilter.delete(filter)
    }
  }
}

function toRequest({ filter, qos }: Subscription): FilterRequest {
  return { filter, qos }
}

function refused(filter: string, reason: string): TransportError {
  return new TransportError('ERR_SUBSCRIBE_REFUSED', `subscription to ${filter}: ${reason}`)
}
