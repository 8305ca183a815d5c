import {
  type DropCount,
  decodeFrame,
  encodeBlobGet,
  type Frame,
  TOPICS,
  type Topics,
} from '@cocoi/protocol'
import type { Transport } from '@cocoi/transport'
import { DropCounter, type OnDrop } from './drop.ts'
import { BlobError } from './errors.ts'
import { Patience } from './patience.ts'
import { disagreement, PendingRange, type RangeAnswer, type WantedRange } from './pending-range.ts'

/** How ranges are asked for. */
export interface RangeExchangeOptions {
  readonly transport: Transport
  readonly topics: Topics
  readonly device: string
  /** Longest range that will be asked for. */
  readonly maxRangeBytes: number
  /** Time for one answer; up to eight times as much on a slow link. */
  readonly timeoutMs: number
  /** Requests for a range after the first one, in a time in which nothing arrives at all. */
  readonly retries: number
  /** Longest pause before a request is repeated; the actual ones are random. @default 5000 */
  readonly maxBackoffMs?: number | undefined
  readonly random?: (() => number) | undefined
  readonly onDrop?: OnDrop | undefined
}

const MIN_BACKOFF_MS = 50
const MAX_HEADER_BYTES = 16 * 1024
const FRAME_PADDING_BYTES = 16

/**
 * Asks the coordinator for ranges and matches what arrives to what was asked: nothing else is let
 * through, so duplicates, replays and foreign messages end here, counted.
 */
export class RangeExchange {
  readonly #options: RangeExchangeOptions
  readonly #filters: readonly string[]
  readonly #drops: DropCounter
  readonly #pending = new Map<string, PendingRange>()
  readonly #patience: Patience
  #subscription: Promise<void> | undefined
  #unlisten: (() => void) | undefined
  #arrivals = 0

  constructor(options: RangeExchangeOptions) {
    this.#options = options
    this.#filters = options.topics.filters('blobData', { device: options.device })
    this.#patience = new Patience(options.timeoutMs)
    this.#drops = new DropCounter('blobData', options.onDrop)
  }

  /** Messages that were ignored, by reason. */
  get drops(): DropCount[] {
    return this.#drops.snapshot()
  }

  /**
   * Asks for a range until it arrives. The coordinator must say twice that it is missing: the first
   * time could be the echo of an older request.
   *
   * @throws {BlobError} ERR_BLOB_TIMEOUT; or the signal's reason
   */
  async ask(wanted: WantedRange, signal: AbortSignal): Promise<RangeAnswer> {
    const key = keyOf(wanted)
    const pending = new PendingRange(wanted)
    this.#pending.set(key, pending)
    try {
      return await this.#askUntilAnswered(pending, signal)
    } finally {
      this.#pending.delete(key)
    }
  }

  /** Ends the subscription. */
  async close(): Promise<void> {
    this.#unlisten?.()
    if (!this.#subscription) return
    const { transport } = this.#options
    const ended = Promise.allSettled(this.#filters.map(filter => transport.unsubscribe(filter)))
    // Without a connection the broker's answer would be waited for in vain.
    if (transport.connected) await ended
  }

  async #askUntilAnswered(pending: PendingRange, signal: AbortSignal): Promise<RangeAnswer> {
    let missing = 0
    let cause: unknown
    for (let failures = 0; failures <= this.#options.retries; failures++) {
      const arrivals = this.#arrivals
      const answer = await this.#askOnce(pending, signal)
      if (answer?.type === 'missing' && ++missing > 1) return answer
      if (answer?.type === 'unsent') cause = answer.cause
      const chunk = await pending.pause(this.#backoffMs(failures), signal)
      if (chunk) return chunk
      // A slow link is not a dead one: while anything arrives there is no reason to give up.
      if (answer?.type === 'missing' || this.#arrivals !== arrivals) failures = -1
    }
    throw this.#timeout(pending.wanted, cause)
  }

  async #askOnce(pending: PendingRange, signal: AbortSignal) {
    const attempt = new AbortController()
    void this.#send(pending, attempt.signal)
    try {
      return await pending.outcome(this.#patience.timeoutMs, signal)
    } finally {
      attempt.abort()
    }
  }

  async #send(pending: PendingRange, attempt: AbortSignal): Promise<void> {
    const { topics, device, timeoutMs, transport } = this.#options
    const { coordinator, sha, offset, length } = pending.wanted
    try {
      await this.#subscribed()
      // While offline the subscription outlasts the attempt; a later one sends the request then.
      if (attempt.aborted) return
      const topic = topics.blobGet({ coordinator, sha256: sha, device })
      const payload = encodeBlobGet({ offset, length })
      await transport.publish(topic, payload, { qos: TOPICS.blobGet.qos, timeoutMs })
    } catch (cause) {
      if (!attempt.aborted) pending.deliver({ type: 'unsent', cause })
    }
  }

  #subscribed(): Promise<void> {
    this.#subscription ??= this.#subscribe().catch(error => {
      this.#subscription = undefined
      throw error
    })
    return this.#subscription
  }

  async #subscribe(): Promise<void> {
    const handler = (topic: string, payload: Uint8Array) => this.#receive(topic, payload)
    const { qos } = TOPICS.blobData
    this.#unlisten ??= this.#options.transport.onDisconnect(reason => this.#disconnected(reason))
    for (const filter of this.#filters) {
      await this.#options.transport.subscribe(filter, handler, { qos })
    }
  }

  /** What was on its way is lost: it is asked for again without waiting for its time to pass. */
  #disconnected(reason: string): void {
    const cause = new Error(reason)
    for (const pending of this.#pending.values()) pending.deliver({ type: 'unsent', cause })
  }

  #receive(topic: string, payload: Uint8Array): void {
    const ids = this.#options.topics.parse(topic)
    if (ids?.kind !== 'blobData' || ids.device !== this.#options.device) {
      this.#drops.count('bad-topic', topic)
      return
    }
    const pending = [...this.#pending.values()].filter(
      ({ wanted }) => wanted.coordinator === ids.coordinator && wanted.sha === ids.sha256,
    )
    const reason = pending.length === 0 ? 'not-asked' : this.#accept(pending, payload)
    if (reason) this.#drops.count(reason, topic)
  }

  /** Delivers the payload, or returns why it is ignored. */
  #accept(pending: readonly PendingRange[], payload: Uint8Array): string | undefined {
    const frame = this.#decode(payload)
    if (frame?.header.type === 'missing') {
      const answer = { type: 'missing', message: frame.header.message } as const
      return pending.filter(range => range.deliver(answer)).length > 0 ? undefined : 'not-asked'
    }
    const [tensor] = frame?.tensors ?? []
    if (frame?.header.type !== 'chunk' || tensor?.type !== 'uint8') return 'bad-frame'
    const { offset, total } = frame.header
    return this.#acceptChunk(pending, offset, { type: 'chunk', bytes: tensor.data, total })
  }

  #acceptChunk(
    pending: readonly PendingRange[],
    offset: number,
    chunk: Extract<RangeAnswer, { type: 'chunk' }>,
  ): string | undefined {
    const range = pending.find(({ wanted }) => wanted.offset === offset)
    const reason = range && disagreement(range.wanted, chunk)
    if (reason) return reason
    if (!range?.deliver(chunk)) {
      this.#patience.duplicated()
      return 'not-asked'
    }
    this.#patience.answered()
    this.#arrivals += 1
    return undefined
  }

  #decode(payload: Uint8Array): Frame | undefined {
    const maxFrameBytes = this.#options.maxRangeBytes + MAX_HEADER_BYTES + FRAME_PADDING_BYTES
    const limits = { maxFrameBytes, maxHeaderBytes: MAX_HEADER_BYTES, maxTensors: 1 }
    try {
      return decodeFrame(payload, limits)
    } catch {
      return undefined
    }
  }

  /** Half to all of a pause that doubles with every failure. */
  #backoffMs(failures: number): number {
    const { maxBackoffMs = 5000, random = Math.random } = this.#options
    return Math.min(maxBackoffMs, MIN_BACKOFF_MS * 2 ** failures) * (0.5 + random() / 2)
  }

  #timeout({ coordinator, sha, offset }: WantedRange, cause: unknown): BlobError {
    const { retries, timeoutMs } = this.#options
    const reason = cause instanceof Error ? `: ${cause.message}` : ''
    const message =
      `coordinator ${coordinator} did not send blob ${sha} from byte ${offset} on: ${retries + 1} ` +
      `requests, at least ${timeoutMs} ms each, and nothing arrived${reason}`
    return new BlobError('ERR_BLOB_TIMEOUT', message, cause === undefined ? {} : { cause })
  }
}

function keyOf({ coordinator, sha, offset }: WantedRange): string {
  return `${coordinator} ${sha} ${offset}`
}
