import type { DropCount, Topics } from '@cocoi/protocol'
import type { Transport } from '@cocoi/transport'
import type { BlobStore } from './blob-store.ts'
import type { OnDrop } from './drop.ts'
import { BlobError } from './errors.ts'
import { Permits } from './permits.ts'
import { RangeExchange } from './range-exchange.ts'
import { SharedFetch } from './shared-fetch.ts'
import { transferBlob } from './transfer.ts'

/** Longest range the protocol allows, in bytes. */
const MAX_CHUNK_BYTES = 16 * 1024 * 1024

/** How far a transfer has come; what an earlier one left counts as received. */
export interface BlobProgress {
  readonly sha: string
  readonly receivedBytes: number
  readonly totalBytes: number
}

/** How blobs are fetched. */
export interface BlobClientOptions {
  /** Where they go. No other client may fetch into the same folder at the same time. */
  readonly store: BlobStore
  readonly transport: Transport
  readonly topics: Topics
  /** Id of the device that asks. */
  readonly device: string
  /** Bytes asked for at once; at most 16 MiB. */
  readonly chunkBytes: number
  /** Ranges of all fetches together that are under way or wait to be written. */
  readonly window: number
  /** Time for the answer to one request; up to eight times as much on a slow link. */
  readonly timeoutMs: number
  /** Requests for a range after the first one, in a time in which nothing arrives at all. */
  readonly retries: number
  /** Longest pause before a request is repeated. @default 5000 */
  readonly maxBackoffMs?: number
  /** A number in [0, 1) that spreads the pauses of many devices. @default Math.random */
  readonly random?: () => number
  readonly onProgress?: (progress: BlobProgress) => void
  readonly onDrop?: OnDrop
}

/**
 * Fetches blobs from coordinators into a store. A transfer that was cut off, also by the end of the
 * process, goes on where it was; a blob gets its name only after its digest was checked.
 */
export class BlobClient {
  readonly #options: BlobClientOptions
  readonly #exchange: RangeExchange
  readonly #ranges: Permits
  readonly #transfers: Permits
  readonly #fetches = new Map<string, SharedFetch>()
  #closed = false

  /** @throws {RangeError} if a number is out of its range */
  constructor(options: BlobClientOptions) {
    checkNumbers(options)
    this.#options = options
    this.#exchange = new RangeExchange({ ...options, maxRangeBytes: options.chunkBytes })
    this.#ranges = new Permits(options.window)
    this.#transfers = new Permits(options.window)
  }

  /** Messages that were ignored, by reason. */
  get drops(): DropCount[] {
    return this.#exchange.drops
  }

  /**
   * Has the blob in the store, fetching it if need be; one that is damaged there is fetched anew. Fetches of one blob join, whatever coordinator
   * they name: the digest decides what is right. When every caller's signal is aborted the transfer
   * ends; what has arrived is kept.
   *
   * @returns the path of the blob
   * @throws {BlobError} ERR_BLOB_MISSING, ERR_BLOB_TIMEOUT, ERR_BLOB_CORRUPT, ERR_DISK_FULL,
   *   ERR_BAD_SHA, ERR_CLOSED; or the signal's reason
   */
  async fetch(coordinator: string, sha: string, signal?: AbortSignal): Promise<string> {
    signal?.throwIfAborted()
    this.#options.store.path(sha)
    if (this.#closed) throw closed()
    return this.#shared(coordinator, sha).join(signal)
  }

  /** Ends all fetches with ERR_CLOSED and the subscription; what has arrived is kept. */
  async close(): Promise<void> {
    this.#closed = true
    const fetches = [...this.#fetches.values()]
    for (const fetch of fetches) fetch.abort(closed())
    await Promise.all(fetches.map(({ settled }) => settled))
    await this.#exchange.close()
  }

  #shared(coordinator: string, sha: string): SharedFetch {
    const current = this.#fetches.get(sha)
    if (current && !current.aborted) return current
    const fetch = new SharedFetch(async signal => {
      // An aborted one still holds the part file.
      await current?.settled
      return this.#obtain(coordinator, sha, signal)
    })
    this.#fetches.set(sha, fetch)
    void fetch.settled.then(() => {
      if (this.#fetches.get(sha) === fetch) this.#fetches.delete(sha)
    })
    return fetch
  }

  async #obtain(coordinator: string, sha: string, signal: AbortSignal): Promise<string> {
    const { store } = this.#options
    const release = await this.#transfers.acquire(signal)
    try {
      if (await store.isIntact(sha)) await store.touch(sha)
      else await this.#replace(coordinator, sha, signal)
      return store.path(sha)
    } finally {
      release()
    }
  }

  async #replace(coordinator: string, sha: string, signal: AbortSignal): Promise<void> {
    const { store } = this.#options
    // A damaged one goes first, since there may be no room for two.
    if (await store.has(sha)) await store.remove(sha)
    await this.#transfer(coordinator, sha, signal)
    await store.markIntact(sha)
  }

  async #transfer(coordinator: string, sha: string, signal: AbortSignal): Promise<void> {
    const { chunkBytes, onProgress, store, window } = this.#options
    const part = await store.openPart(sha)
    const onBytes = (receivedBytes: number, totalBytes: number) =>
      onProgress?.({ sha, receivedBytes, totalBytes })
    const own = { coordinator, sha, part, signal, onBytes }
    const shared = { exchange: this.#exchange, permits: this.#ranges, chunkBytes, window }
    try {
      await transferBlob({ ...own, ...shared })
    } finally {
      await part.close()
    }
  }
}

function closed(): BlobError {
  return new BlobError('ERR_CLOSED', 'the blob client was closed')
}

function checkNumbers({ chunkBytes, window, timeoutMs, retries }: BlobClientOptions): void {
  const bounds = [
    ['chunkBytes', chunkBytes, 1, MAX_CHUNK_BYTES],
    ['window', window, 1, 1024],
    ['timeoutMs', timeoutMs, 1, 0x7fffffff],
    ['retries', retries, 0, 1000],
  ] as const
  for (const [name, value, least, most] of bounds) {
    if (Number.isInteger(value) && value >= least && value <= most) continue
    throw new RangeError(`${name} must be an integer from ${least} to ${most}, got ${value}`)
  }
}
