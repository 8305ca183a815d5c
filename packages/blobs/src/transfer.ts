import { BlobError } from './errors.ts'
import type { PartFile } from './part-file.ts'
import type { RangeAnswer } from './pending-range.ts'
import type { Permits } from './permits.ts'
import type { RangeExchange } from './range-exchange.ts'

/** What one transfer works with. */
export interface TransferOptions {
  readonly coordinator: string
  readonly sha: string
  readonly part: PartFile
  readonly exchange: RangeExchange
  /** Bounds the ranges of all transfers that are under way or not yet written. */
  readonly permits: Permits
  readonly chunkBytes: number
  readonly window: number
  readonly signal: AbortSignal
  readonly onBytes: (received: number, total: number) => void
}

interface Held {
  readonly bytes: Uint8Array
  readonly release: () => void
}

type Range = Readonly<{ offset: number; length: number; total?: number }>

/**
 * Fetches what the part lacks, verifies the whole and gives it its name. A part with another digest
 * than it should have is thrown away and fetched once more.
 *
 * @throws {BlobError} ERR_BLOB_MISSING, ERR_BLOB_TIMEOUT, ERR_BLOB_CORRUPT, ERR_DISK_FULL; or the
 *   signal's reason
 */
export async function transferBlob(options: TransferOptions): Promise<void> {
  const { coordinator, part, sha, signal } = options
  for (let round = 0; round < 2; round++) {
    const total = await fetchFirst(options)
    await fetchRest(options, total)
    if (await part.commit(signal)) return
    await part.restart()
  }
  const message =
    `blob ${sha} arrived twice from coordinator ${coordinator} with another digest; its copy there ` +
    `is damaged: let it prepare the model anew`
  throw new BlobError('ERR_BLOB_CORRUPT', message)
}

/** Fetches the first missing range, which tells the length of the blob. */
async function fetchFirst(options: TransferOptions): Promise<number> {
  const { chunkBytes, part, permits, signal } = options
  const release = await permits.acquire(signal)
  try {
    const answer = await ask(options, { offset: part.length, length: chunkBytes })
    if (answer.type === 'missing') return await checkLength(options, answer.message)
    await part.requireSpace(answer.total)
    await append(options, answer.bytes, answer.total)
    return answer.total
  } finally {
    release()
  }
}

/**
 * Learns from the first byte why there is nothing after the end of the part: it is complete and was
 * only not renamed, or longer than the blob, or there is no such blob (the part then stays).
 */
async function checkLength(options: TransferOptions, message: string): Promise<number> {
  const { part } = options
  if (part.length === 0) throw missing(options, message)
  const answer = await ask(options, { offset: 0, length: 1 })
  if (answer.type === 'missing') throw missing(options, answer.message)
  if (part.length > answer.total) await part.restart()
  return answer.total
}

/** Keeps up to `window` ranges under way and appends them in their order. */
async function fetchRest(options: TransferOptions, total: number): Promise<void> {
  const { chunkBytes: length, part, window } = options
  const stop = new AbortController()
  const signal = AbortSignal.any([options.signal, stop.signal])
  const ahead: Promise<Held>[] = []
  let next = part.length
  try {
    while (part.length < total) {
      for (; ahead.length < window && next < total; next += length) {
        ahead.push(fetchAhead({ ...options, signal }, { offset: next, length, total }))
      }
      const { bytes, release } = await ahead[0]!
      await append(options, bytes, total)
      release()
      void ahead.shift()
    }
  } finally {
    stop.abort()
    await giveBack(ahead)
  }
}

function fetchAhead(options: TransferOptions, range: Range): Promise<Held> {
  const held = fetchRange(options, range)
  // Its failure is looked at when its turn comes, which is not at once.
  held.catch(() => undefined)
  return held
}

async function fetchRange(options: TransferOptions, range: Range): Promise<Held> {
  const release = await options.permits.acquire(options.signal)
  try {
    const answer = await ask(options, range)
    if (answer.type === 'missing') throw missing(options, answer.message)
    return { bytes: answer.bytes, release }
  } catch (error) {
    release()
    throw error
  }
}

async function giveBack(ahead: readonly Promise<Held>[]): Promise<void> {
  for (const outcome of await Promise.allSettled(ahead)) {
    if (outcome.status === 'fulfilled') outcome.value.release()
  }
}

function ask({ coordinator, exchange, sha, signal }: TransferOptions, range: Range) {
  return exchange.ask({ coordinator, sha, ...range }, signal) satisfies Promise<RangeAnswer>
}

async function append(options: TransferOptions, bytes: Uint8Array, total: number): Promise<void> {
  await options.part.append(bytes)
  options.onBytes(options.part.length, total)
}

function missing({ coordinator, sha }: TransferOptions, reason: string): BlobError {
  const message = `coordinator ${coordinator} does not have blob ${sha}: ${reason}`
  return new BlobError('ERR_BLOB_MISSING', message)
}
