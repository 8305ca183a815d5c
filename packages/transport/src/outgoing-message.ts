import { TransportError } from './errors.ts'
import type { Packet } from './link.ts'
import type { PublishOptions } from './transport.ts'

/** What a packet costs in memory besides its payload (measured); bounds the number of tiny ones. */
const OVERHEAD_BYTES = 3072

/** Longest delay of a timer; Node takes a longer one for 1 ms. */
const MAX_TIMER_MS = 2 ** 31 - 1

/** A message on its way out, in one packet or several, and the promise of its publisher. */
export class OutgoingMessage {
  readonly topic: string
  readonly qos: 0 | 1
  readonly retain: boolean
  /** Memory it takes, about. */
  readonly bytes: number
  readonly settled: Promise<void>
  readonly #parts: readonly Uint8Array[]
  readonly #arrived = new Set<number>()
  readonly #timer: NodeJS.Timeout
  readonly #timeoutMs: number
  #next = 0
  #open = true
  #outstanding = 0
  #settle!: (error: TransportError | undefined) => void

  constructor(topic: string, parts: readonly Uint8Array[], options: PublishOptions) {
    this.topic = topic
    this.qos = options.qos
    this.retain = options.retain ?? false
    this.bytes = parts.reduce((sum, part) => sum + part.length + OVERHEAD_BYTES, 0)
    this.#parts = parts
    this.#timeoutMs = options.timeoutMs
    this.settled = new Promise((resolve, reject) => {
      this.#settle = error => (error ? reject(error) : resolve())
    })
    const delayMs = Math.min(options.timeoutMs, MAX_TIMER_MS)
    this.#timer = setTimeout(() => this.fail(this.#timeout()), delayMs)
  }

  /** Whether the publisher still waits. */
  get open(): boolean {
    return this.#open
  }

  /** Whether packets of it are still to be written. */
  get waiting(): boolean {
    return this.#open && this.#next < this.#parts.length
  }

  /** Whether a link still holds packets of it. */
  get outstanding(): boolean {
    return this.#outstanding > 0
  }

  /** The next packet to write, and what to call when it was written or acknowledged. */
  take(): { packet: Packet; arrived: () => void } {
    const index = this.#next
    const { topic, qos, retain } = this
    this.#outstanding += 1
    this.#next += 1
    this.#skipArrived()
    const packet = { topic, qos, retain, payload: this.#parts[index]! }
    return { packet, arrived: () => this.#arrive(index) }
  }

  /** The link is gone: what it did not acknowledge is to be written again. */
  rewind(): void {
    this.#outstanding = 0
    this.#next = 0
    this.#skipArrived()
  }

  fail(error: TransportError): void {
    this.#finish(error)
  }

  #arrive(index: number): void {
    this.#outstanding -= 1
    this.#arrived.add(index)
    if (this.#arrived.size === this.#parts.length) this.#finish(undefined)
  }

  #skipArrived(): void {
    while (this.#arrived.has(this.#next)) this.#next += 1
  }

  #finish(error: TransportError | undefined): void {
    if (!this.#open) return
    this.#open = false
    clearTimeout(this.#timer)
    this.#settle(error)
  }

  #timeout(): TransportError {
    const done = `${this.#arrived.size} of ${this.#parts.length} packets`
    return new TransportError(
      'ERR_PUBLISH_TIMEOUT',
      `message for ${this.topic}: ${done} were ` +
        `${this.qos === 0 ? 'written' : 'acknowledged'} within ${this.#timeoutMs} ms`,
    )
  }
}
