import { closedError, TransportError } from './errors.ts'
import type { Link } from './link.ts'
import { OutgoingMessage } from './outgoing-message.ts'
import type { PublishOptions } from './transport.ts'

/**
 * Messages that wait to be written or acknowledged, in order. A message is written only while its
 * publisher waits for it, so nothing stale is delivered after an outage: QoS 0 fails as soon as there
 * is no link, QoS 1 is kept (and written again on the next link) until its own deadline. Bounded in
 * bytes, also for what a link still holds after the publisher gave up.
 */
export class Outbox {
  readonly #maxBytes: number
  #waiting = new Set<OutgoingMessage>()
  #written = new Set<OutgoingMessage>()
  #bytes = 0
  #link: Link | undefined
  #closed = false

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** Takes a message as the packets that carry it; see `Transport.publish` for the promise. */
  async publish(
    topic: string,
    parts: readonly Uint8Array[],
    options: PublishOptions,
  ): Promise<void> {
    if (this.#closed) throw closedError()
    if (options.qos === 0 && !this.#link) throw notConnected(topic)
    const message = new OutgoingMessage(topic, parts, options)
    this.#admit(message)
    this.pump()
    await message.settled.finally(() => this.#release(message))
  }

  /** Messages are written to this link from now on. */
  attach(link: Link): void {
    this.#link = link
    this.pump()
  }

  /** The link is gone. */
  detach(): void {
    this.#link = undefined
    const messages = [...this.#written, ...this.#waiting]
    this.#written.clear()
    this.#waiting = new Set(messages)
    for (const message of messages) {
      message.rewind()
      if (message.qos === 0) message.fail(notConnected(message.topic))
      this.#release(message)
    }
  }

  /** Writes what waits while the link takes it. */
  pump(): void {
    for (const message of this.#waiting) {
      while (message.waiting && this.#link?.writable) this.#write(this.#link, message)
      if (message.waiting) return
      this.#waiting.delete(message)
      this.#written.add(message)
      this.#release(message)
    }
  }

  close(): void {
    this.#closed = true
    this.detach()
    for (const message of this.#waiting) message.fail(closedError())
  }

  #admit(message: OutgoingMessage): void {
    if (this.#bytes + message.bytes > this.#maxBytes) {
      message.fail(this.#full(message))
      return
    }
    this.#waiting.add(message)
    this.#bytes += message.bytes
  }

  #write(link: Link, message: OutgoingMessage): void {
    const { packet, arrived } = message.take()
    link.publish(packet, () => {
      // A link that is gone has been rewound already: its late news would be counted twice.
      if (this.#link !== link) return
      arrived()
      this.#release(message)
    })
  }

  /** Forgets a message nobody waits for, once no link holds its bytes either. */
  #release(message: OutgoingMessage): void {
    if (message.open || message.outstanding) return
    const known = this.#waiting.delete(message) || this.#written.delete(message)
    if (known) this.#bytes -= message.bytes
  }

  #full({ topic, bytes }: OutgoingMessage): TransportError {
    return new TransportError(
      'ERR_QUEUE_FULL',
      `${this.#bytes} bytes wait to be published, ${bytes} more for ${topic} exceed the limit of ` +
        `${this.#maxBytes}; publish less at a time`,
    )
  }
}

function notConnected(topic: string): TransportError {
  return new TransportError(
    'ERR_NOT_CONNECTED',
    `no connection to the broker for a QoS 0 message to ${topic}`,
  )
}
