import type { EngineTensor } from './engine-tensor.ts'

/** Feeds ready to be posted, with the buffers that move instead of being copied. */
export interface TransferableFeeds {
  readonly feeds: Record<string, EngineTensor>
  readonly transferList: ArrayBuffer[]
}

/**
 * Gives every tensor a buffer of its own that can move to the worker: the caller's when `transfer`
 * is set and the view spans its whole buffer, a copy otherwise. Posting a view without this would
 * clone everything behind it, the rest of a received frame for instance.
 */
export function transferFeeds(
  feeds: Readonly<Record<string, EngineTensor>>,
  transfer: boolean,
): TransferableFeeds {
  const owned = new Map<Uint8Array, Uint8Array<ArrayBuffer>>()
  const moved: Record<string, EngineTensor> = {}
  for (const [name, { type, dims, data }] of Object.entries(feeds)) {
    const bytes = owned.get(data) ?? (transfer && ownsBuffer(data) ? data : new Uint8Array(data))
    owned.set(data, bytes)
    moved[name] = { type, dims, data: bytes }
  }
  const transferList = new Set([...owned.values()].map(bytes => bytes.buffer))
  return { feeds: moved, transferList: [...transferList] }
}

function ownsBuffer(data: Uint8Array): data is Uint8Array<ArrayBuffer> {
  return data.buffer instanceof ArrayBuffer && data.byteLength === data.buffer.byteLength
}
