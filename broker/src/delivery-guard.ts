import type { Client } from 'aedes'

/** What a queued packet costs in memory besides its bytes, roughly. */
const OVERHEAD_BYTES = 1024

interface Queue {
  /** Payload bytes let through but not written yet. */
  unwritten: number
  /** Packets let through since the reader had caught up. */
  packets: number
}

/**
 * Bounds what waits for a client that reads too slowly: what exceeds the limit is not delivered to it.
 * Without this one stalled reader takes the broker to gigabytes in seconds (measured). A single
 * message always passes an empty queue, whatever its size.
 */
export class DeliveryGuard {
  readonly #maxBytes: number
  readonly #queues = new WeakMap<Client, Queue>()

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** Whether a payload of this size may be queued for the client now. */
  admit(client: Client, payloadBytes: number): boolean {
    const queue = this.#queue(client)
    const waiting = queuedBytes(client) + queue.unwritten + queue.packets * OVERHEAD_BYTES
    if (waiting > 0 && waiting + payloadBytes > this.#maxBytes) return false
    this.#reserve(queue, payloadBytes)
    return true
  }

  #queue(client: Client): Queue {
    const known = this.#queues.get(client)
    if (known) {
      if (queuedBytes(client) === 0 && known.unwritten === 0) known.packets = 0
      return known
    }
    const queue = { unwritten: 0, packets: 0 }
    this.#queues.set(client, queue)
    client.conn.on('drain', () => {
      queue.packets = 0
    })
    return queue
  }

  /** aedes writes in an immediate of its own, set as soon as we return: count until just after it. */
  #reserve(queue: Queue, payloadBytes: number): void {
    queue.unwritten += payloadBytes
    queue.packets += 1
    queueMicrotask(() =>
      setImmediate(() => {
        queue.unwritten -= payloadBytes
      }),
    )
  }
}

/** Packet bytes waiting for the client to read. */
export function queuedBytes(client: Client): number {
  return client.conn.writableLength
}
