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
    this.#subscriptions = new Subscriptions((code, message) => notifier.dropped(code, message))
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
    if (this.#link && this.#up) void this.#subscriptions.request(this.#link, filter)
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

  async #renew(link: Link): Promise<void> {
    this.#up = true
    await this.#subscriptions.request(link)
    if (this.#link !== link || this.#closing) return
    this.#ready = true
    this.#readyAt = performance.now()
    this.#failure = undefined
    this.#outbox.attach(link)
    this.#notifier.connected(this.#session)
    this.#connects.emit(this.#session)
  }

  #down(cause: TransportError): void {
    const held = this.#ready
    this.#link = undefined
    this.#up = false
    this.#ready = false
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
