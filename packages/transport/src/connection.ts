import { setTimeout as sleep } from 'node:timers/promises'
import { Backoff, type BackoffOptions } from './backoff.ts'
import { closedError, type TransportError } from './errors.ts'
import { callGuarded, GuardedListeners } from './guarded-listeners.ts'
import { Inbox } from './inbox.ts'
import type { Connector, Link } from './link.ts'
import type { OnNotice } from './notice.ts'
import { Notifier } from './notifier.ts'
import { Outbox } from './outbox.ts'
import { type MessageLimits, splitMessage } from './split-message.ts'
import { Subscriptions } from './subscriptions.ts'
import { requireFilter, requireTopic } from './topic-filter.ts'
import type { MessageHandler, PublishOptions, Transport } from './transport.ts'

/** What a connection needs besides the way to make a link. */
export interface ConnectionOptions extends MessageLimits {
  readonly maxQueuedBytes: number
  readonly nextSession: (previous: number) => number
  readonly backoff: BackoffOptions
  readonly random: () => number
  readonly onNotice: OnNotice
}

/** How often a broker that refuses a subscription is asked again before it is believed. */
const furtherAttempts = 5

/**
 * A transport over links that come and go: connects, tries again after each end, renews the
 * subscriptions, and then lets messages out. Nothing of a former link is taken over except what its
 * publisher still waits for, so every link starts clean.
 */
export class Connection implements Transport {
  readonly #connector: Connector
  readonly #options: ConnectionOptions
  readonly #notifier: Notifier
  readonly #backoff: Backoff
  readonly #outbox: Outbox
  readonly #inbox: Inbox
  readonly #subscriptions: Subscriptions
  readonly #connects: GuardedListeners<number>
  readonly #disconnects: GuardedListeners<string>
  readonly #failures: GuardedListeners<TransportError>
  readonly #listenerFailed: (error: unknown) => void
  #link: Link | undefined
  /** Aborted when the link is down. */
  #linkEnd = new AbortController()
  #up = false
  #ready = false
  #readyAt = 0
  #session = 0
  #failure: TransportError | undefined
  #retry: NodeJS.Timeout | undefined
  #closing: Promise<void> | undefined

  constructor(connector: Connector, options: ConnectionOptions) {
    this.#connector = connector
    this.#options = options
    const notifier = new Notifier(options.onNotice)
    this.#notifier = notifier
    this.#listenerFailed = error => notifier.listenerFailed('listener', error)
    this.#connects = new GuardedListeners(this.#listenerFailed)
    this.#disconnects = new GuardedListeners(this.#listenerFailed)
    this.#failures = new GuardedListeners(this.#listenerFailed)
    this.#backoff = new Backoff(options.backoff, options.random)
    this.#outbox = new Outbox(options.maxQueuedBytes)
    this.#subscriptions = new Subscriptions(filter => notifier.notRenewed(filter))
    this.#inbox = new Inbox(topic => this.#subscriptions.handlers(topic), { ...options, notifier })
    this.#open()
  }

  get connected(): boolean {
    return this.#ready
  }

  get dropped(): number {
    return this.#inbox.dropped
  }

  async publish(topic: string, payload: Uint8Array, options: PublishOptions): Promise<void> {
    if (this.#closing) throw closedError()
    const message = { topic: requireTopic(topic), payload, retain: options.retain ?? false }
    const parts = splitMessage(message, this.#options, this.#options.random)
    await this.#outbox.publish(topic, parts, options)
  }

  async subscribe(
    filter: string,
    handler: MessageHandler,
    { qos = 0 }: { qos?: 0 | 1 } = {},
  ): Promise<void> {
    if (this.#closing) throw closedError()
    const granted = this.#subscriptions.add(requireFilter(filter), handler, qos)
    if (this.#link && this.#up) void this.#request(this.#link, filter)
    await granted
  }

  async unsubscribe(filter: string): Promise<void> {
    const known = this.#subscriptions.remove(filter)
    if (!known || !this.#up) return
    // If the link goes down meanwhile, the subscription is gone with it.
    await this.#link?.unsubscribe(filter).catch(() => {})
  }

  onConnect(listener: (session: number) => void): () => void {
    const end = this.#connects.add(listener)
    if (this.#ready) callGuarded(() => listener(this.#session), this.#listenerFailed)
    return end
  }

  onDisconnect(listener: (reason: string) => void): () => void {
    return this.#disconnects.add(listener)
  }

  /** Called at every attempt that fails; at once if the latest one did. */
  onFailedAttempt(listener: (failure: TransportError) => void): () => void {
    const end = this.#failures.add(listener)
    if (this.#failure) listener(this.#failure)
    return end
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    clearTimeout(this.#retry)
    this.#linkEnd.abort()
    this.#ready = false
    this.#failure = closedError()
    this.#outbox.close()
    this.#inbox.close()
    this.#subscriptions.close()
    this.#failures.emit(this.#failure)
    await this.#link?.close()
  }

  #open(): void {
    this.#session = this.#options.nextSession(this.#session)
    this.#linkEnd = new AbortController()
    const link = this.#connector(this.#session, {
      onUp: () => void this.#renew(link),
      onMessage: (topic, payload) => {
        if (!this.#closing) this.#inbox.receive(topic, payload)
      },
      onWritable: () => this.#outbox.pump(),
      onDown: cause => this.#down(cause),
    })
    this.#link = link
  }

  async #request(link: Link, filter: string): Promise<void> {
    const refused = await this.#refusals(link, [filter])
    if (this.#link === link) this.#subscriptions.conclude([filter], refused)
  }

  /** Nothing is sent before the subscriptions are granted again: the answers would be missed. */
  async #renew(link: Link): Promise<void> {
    this.#up = true
    const { filters } = this.#subscriptions
    const refused = await this.#refusals(link, filters)
    if (this.#link !== link || this.#closing) return
    this.#ready = true
    this.#readyAt = performance.now()
    this.#failure = undefined
    this.#outbox.attach(link)
    this.#subscriptions.conclude(filters, refused)
    this.#notifier.connected(this.#session)
    this.#connects.emit(this.#session)
  }

  /**
   * Asks for subscriptions, and again for those that are refused until the refusal is believed. It says
   * nothing of its reason: NATS also refuses while it elects leaders after the loss of a node.
   *
   * @returns what is refused in the end
   */
  async #refusals(link: Link, filters: readonly string[]): Promise<string[]> {
    const { signal } = this.#linkEnd
    const backoff = new Backoff(this.#options.backoff, this.#options.random)
    let refused = await this.#subscriptions.request(link, filters)
    for (let more = furtherAttempts; refused.length > 0 && more > 0 && !signal.aborted; more--) {
      await sleep(backoff.next(), undefined, { signal }).catch(() => undefined)
      if (!signal.aborted) refused = await this.#subscriptions.request(link, refused)
    }
    return refused
  }

  #down(cause: TransportError): void {
    const held = this.#ready
    this.#link = undefined
    this.#up = false
    this.#ready = false
    this.#linkEnd.abort()
    if (this.#closing) return
    if (held) this.#lost(cause)
    else this.#failed(cause)
    // A listener may have closed the transport.
    if (!this.#closing) this.#retry = setTimeout(() => this.#open(), this.#backoff.next())
  }

  #lost(cause: TransportError): void {
    this.#backoff.succeeded(performance.now() - this.#readyAt)
    this.#outbox.detach()
    this.#notifier.down('disconnected', cause)
    this.#disconnects.emit(cause.message)
  }

  #failed(cause: TransportError): void {
    const first = this.#failure === undefined
    this.#failure = cause
    if (first) this.#notifier.down('unreachable', cause)
    this.#failures.emit(cause)
  }
}
