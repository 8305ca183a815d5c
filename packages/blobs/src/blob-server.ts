import {
  type DropCount,
  encodeFrame,
  FRAME_QOS,
  type ParsedTopic,
  parseBlobGet,
  TOPICS,
  type Topics,
} from '@cocoi/protocol'
import type { Transport } from '@cocoi/transport'
import type { BlobStore } from './blob-store.ts'
import { DropCounter, type OnDrop } from './drop.ts'
import { type HotFile, HotFiles } from './hot-files.ts'
import { RangeQueue, type RangeRequest } from './range-queue.ts'

/** How blobs are served. */
export interface BlobServerOptions {
  /** Searched in this order. */
  readonly stores: readonly BlobStore[]
  readonly transport: Transport
  readonly topics: Topics
  /** Id of the coordinator whose topics these are. */
  readonly coordinator: string
  /** Longest range that is served. */
  readonly maxRangeBytes: number
  /** Ranges of one device that are under way at once. @default 4 */
  readonly maxRangesPerDevice?: number
  /** Bytes of all ranges that are under way at once. @default 32 MiB, or one range */
  readonly maxBytesInFlight?: number
  /** A range the broker has not taken by then is given up; the device asks again. @default 10000 */
  readonly publishTimeoutMs?: number
  readonly onDrop?: OnDrop
}

const MAX_ACTIVE = 256
const MAX_WAITING_PER_DEVICE = 64
const MAX_WAITING = 4096
const FILE_IDLE_MS = 10_000
const MAX_OPEN_FILES = 32

/**
 * Answers requests for ranges of blobs: a `chunk` frame with the bytes, or a `missing` frame if there
 * is no such blob or range. It remembers nothing of a transfer; the client asks for what it lacks.
 */
export class BlobServer {
  readonly #options: BlobServerOptions
  readonly #filters: readonly string[]
  readonly #drops: DropCounter
  readonly #files: HotFiles
  readonly #queue: RangeQueue
  #stopped = false

  /** @throws {RangeError} if a bound is no positive integer, or one range exceeds `maxBytesInFlight` */
  constructor(options: BlobServerOptions) {
    const { topics, coordinator, maxRangeBytes, maxRangesPerDevice = 4 } = options
    const maxBytes = options.maxBytesInFlight ?? Math.max(32 * 1024 * 1024, maxRangeBytes)
    checkBounds(maxRangeBytes, maxRangesPerDevice, maxBytes)
    this.#options = options
    this.#filters = topics.filters('blobGet', { coordinator })
    this.#drops = new DropCounter('blobGet', options.onDrop)
    this.#files = new HotFiles(options.stores, FILE_IDLE_MS, MAX_OPEN_FILES)
    const limits = {
      maxPerDevice: maxRangesPerDevice,
      maxActive: MAX_ACTIVE,
      maxBytes,
      maxWaitingPerDevice: MAX_WAITING_PER_DEVICE,
      maxWaiting: MAX_WAITING,
    }
    this.#queue = new RangeQueue(limits, request => this.#serve(request))
  }

  /** Bytes of the ranges being read or published. */
  get bytesInFlight(): number {
    return this.#queue.bytesInFlight
  }

  /** Requests that were ignored, by reason. */
  get drops(): DropCount[] {
    return this.#drops.snapshot()
  }

  /** Resolves when the broker has granted the subscription. */
  async start(): Promise<void> {
    const handler = (topic: string, payload: Uint8Array) => this.#receive(topic, payload)
    const { qos } = TOPICS.blobGet
    for (const filter of this.#filters) {
      await this.#options.transport.subscribe(filter, handler, { qos })
    }
  }

  /** Answers no more, and resolves when what was under way is done. */
  async stop(): Promise<void> {
    this.#stopped = true
    const { transport } = this.#options
    const ended = Promise.allSettled(this.#filters.map(filter => transport.unsubscribe(filter)))
    // Without a connection the broker's answer would be waited for in vain.
    if (transport.connected) await ended
    await this.#queue.drain()
    await this.#files.closeIdle()
  }

  #receive(topic: string, payload: Uint8Array): void {
    if (this.#stopped) return
    const ids = this.#options.topics.parse(topic)
    if (ids?.kind !== 'blobGet' || ids.coordinator !== this.#options.coordinator) {
      this.#drops.count('bad-topic', topic)
      return
    }
    const request = this.#parse(ids, topic, payload)
    const outcome = request ? this.#queue.offer(request) : 'bad-request'
    if (outcome !== 'taken') this.#drops.count(outcome, topic)
  }

  #parse(
    ids: Extract<ParsedTopic, { kind: 'blobGet' }>,
    topic: string,
    payload: Uint8Array,
  ): RangeRequest | undefined {
    try {
      const { offset, length } = parseBlobGet(payload)
      const bytes = length > this.#options.maxRangeBytes ? 0 : length
      return { device: ids.device, sha: ids.sha256, offset, length, bytes, topic }
    } catch {
      return undefined
    }
  }

  async #serve(request: RangeRequest): Promise<void> {
    const frame = await this.#answer(request)
    const { transport, topics, coordinator, publishTimeoutMs = 10_000 } = this.#options
    const { sha, device } = request
    const topic = topics.blobData({ coordinator, sha256: sha, device })
    try {
      await transport.publish(topic, frame, { qos: FRAME_QOS.chunk, timeoutMs: publishTimeoutMs })
    } catch {
      this.#drops.count('unpublished', request.topic)
    }
  }

  async #answer(request: RangeRequest): Promise<Uint8Array> {
    const { maxRangeBytes } = this.#options
    if (request.length > maxRangeBytes) {
      this.#drops.count('too-long', request.topic)
      return missing(`a range may have ${maxRangeBytes} bytes, ${request.length} were asked for`)
    }
    try {
      const file = await this.#files.acquire(request.sha)
      return file ? await readRange(file, request) : missing('the coordinator has no such blob')
    } catch (error) {
      this.#drops.count('unreadable', request.topic)
      return missing(`the blob cannot be read: ${error instanceof Error ? error.message : error}`)
    }
  }
}

async function readRange(file: HotFile, { offset, length }: RangeRequest): Promise<Uint8Array> {
  try {
    if (offset >= file.bytes && file.bytes + offset > 0) {
      return missing(`the blob has ${file.bytes} bytes, bytes from ${offset} on were asked for`)
    }
    const expected = Math.min(length, file.bytes - offset)
    const data = await file.read(offset, expected)
    if (data.length !== expected) throw new Error(`it ends before byte ${offset + expected}`)
    const header = { type: 'chunk', offset, total: file.bytes } as const
    return encodeFrame(header, [{ type: 'uint8', dims: [data.length], data }])
  } finally {
    await file.release()
  }
}

function missing(message: string): Uint8Array {
  return encodeFrame({ type: 'missing', message: message.slice(0, 4096) }, [])
}

function checkBounds(maxRangeBytes: number, perDevice: number, maxBytes: number): void {
  for (const [name, value] of Object.entries({ maxRangeBytes, perDevice, maxBytes })) {
    if (Number.isSafeInteger(value) && value > 0) continue
    throw new RangeError(`${name} must be a positive integer, got ${value}`)
  }
  if (maxRangeBytes <= maxBytes) return
  throw new RangeError(
    `maxRangeBytes ${maxRangeBytes} exceeds maxBytesInFlight ${maxBytes}; no such range would go`,
  )
}
