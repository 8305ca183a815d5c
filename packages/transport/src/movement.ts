import type { Duplex } from 'node:stream'

/** How far a connection had come at one moment. */
export interface Progress {
  readonly received: number
  /** Whether bytes waited to be sent, because the system took no more. */
  readonly backlog: boolean
  /** Bytes of writes that were completed. */
  readonly written: number
  /** Bytes of the write at hand that the system has not taken yet. */
  readonly unsent: number
}

/** What of a socket tells how a large write is getting on; Node's own idle timer looks there too. */
interface Writing {
  readonly bytesWritten?: number
  readonly _handle?: WriteQueue | null
}

interface WriteQueue {
  readonly writeQueueSize?: number
  /** Of a TLS socket: the queue of what is encrypted already. */
  readonly _parent?: WriteQueue | null
}

/**
 * Whether anything moves on a connection, also in the middle of a packet. A transfer of minutes looks
 * like silence to whoever counts packets: the answer to a ping waits behind it.
 */
export class Movement {
  readonly #stream: Duplex
  #received = 0

  constructor(stream: Duplex) {
    this.#stream = stream
    stream.on('data', (chunk: Uint8Array) => {
      this.#received += chunk.length
    })
  }

  now(): Progress {
    const { writableLength } = this.#stream
    const { bytesWritten = 0, _handle } = this.#stream as Writing
    return {
      received: this.#received,
      backlog: writableLength > 0,
      written: bytesWritten - writableLength,
      unsent: (_handle?.writeQueueSize ?? 0) + (_handle?._parent?.writeQueueSize ?? 0),
    }
  }

  /** Whether the other side has sent or taken something. */
  hasMovedSince(earlier: Progress): boolean {
    return this.hasReceivedSince(earlier) || this.hasDeliveredSince(earlier)
  }

  /** Whether the other side has sent something. */
  hasReceivedSince({ received }: Progress): boolean {
    return this.#received > received
  }

  /**
   * Whether the other side has taken something. Only a backlog that gets shorter shows it: without one
   * the system takes what is written although nobody is there any more.
   */
  hasDeliveredSince({ backlog, written, unsent }: Progress): boolean {
    const now = this.now()
    return backlog && (now.written !== written || now.unsent !== unsent)
  }
}
