import { connect, type MqttClient } from 'mqtt'
import { TransportError } from './errors.ts'
import type { FilterRequest, Link, LinkEvents, Packet, Will } from './link.ts'
import { Movement, type Progress } from './movement.ts'
import type { FixedClientOptions } from './mqtt-options.ts'
import { refusal } from './mqtt-refusal.ts'
import { waitWhileMoving } from './patient-keepalive.ts'
import { tlsFailure } from './tls-failure.ts'

/** Where one link leads, and the will it leaves. */
export interface MqttTarget {
  /** For messages. */
  readonly url: string
  readonly options: FixedClientOptions
  readonly will: Will | undefined
}

/**
 * One connection of mqtt.js, used once: what mqtt.js keeps for a reconnect (unacknowledged messages,
 * its queue) would be delivered stale, and goes with the object instead.
 */
export class MqttLink implements Link {
  readonly #client: MqttClient
  readonly #movement: Movement
  readonly #events: LinkEvents
  readonly #url: string
  readonly #timeoutMs: number
  readonly #ended: Promise<void>
  readonly #deadlines = new Set<NodeJS.Timeout>()
  #up = false
  #down = false
  #closing = false
  #end!: () => void

  constructor({ url, options, will }: MqttTarget, events: LinkEvents) {
    this.#url = url
    this.#events = events
    this.#timeoutMs = options.connectTimeout
    this.#ended = new Promise(resolve => {
      this.#end = resolve
    })
    // mqtt.js writes into the options it is given.
    this.#client = connect({ ...options, ...(will && { will: toMqttWill(will) }) })
    this.#movement = new Movement(this.#client.stream)
    waitWhileMoving(this.#client, this.#movement)
    this.#listen()
  }

  get writable(): boolean {
    return this.#up && !this.#down && !this.#client.stream.writableNeedDrain
  }

  publish({ topic, payload, qos, retain }: Packet, done: () => void): void {
    this.#client.publish(topic, asBuffer(payload), { qos, retain }, error => {
      if (!error && !this.#down) done()
    })
  }

  /** A packet each: a broker that takes its time for every filter is not late with all of them. */
  subscribe(requests: readonly FilterRequest[]): Promise<boolean[]> {
    return Promise.all(requests.map(request => this.#subscribe(request)))
  }

  async unsubscribe(filter: string): Promise<void> {
    await this.#acknowledged<void>('UNSUBACK', resolve =>
      this.#client.unsubscribe(filter, error => {
        if (!error) resolve()
      }),
    )
  }

  close(): Promise<void> {
    if (this.#closing || this.#down) return this.#ended
    this.#closing = true
    const impatience = setTimeout(() => this.destroy('it did not close in time'), this.#timeoutMs)
    // Before the broker accepted, a DISCONNECT cannot be sent, and the will of a connection it is
    // just accepting would be published: wait for the outcome.
    if (this.#up) this.#disconnect()
    return this.#ended.finally(() => clearTimeout(impatience))
  }

  destroy(reason: string): void {
    this.#fail(new TransportError('ERR_NOT_CONNECTED', `${this.#url}: ${reason}`))
  }

  async #subscribe({ filter, qos }: FilterRequest): Promise<boolean> {
    const [granted] = await this.#acknowledged<number[]>('SUBACK', resolve =>
      this.#client.subscribe(filter, { qos }, (_error, _grants, packet) => {
        if (packet) resolve(packet.granted as number[])
      }),
    )
    return granted! < 128
  }

  #listen(): void {
    const client = this.#client
    const { stream } = client
    const lateness = setTimeout(
      () => this.#fail(this.#unreachable(`no answer within ${this.#timeoutMs} ms`)),
      this.#timeoutMs,
    )
    this.#deadlines.add(lateness)
    client.on('connect', () => {
      clearTimeout(lateness)
      this.#accepted()
    })
    client.on('message', (topic, payload) => {
      if (!this.#down) this.#events.onMessage(topic, unpinned(payload))
    })
    client.on('error', error => this.#fail(this.#explain(error)))
    client.on('close', () => this.#fail(this.#explain(new Error('the connection was closed'))))
    stream.on('drain', () => {
      if (this.writable) this.#events.onWritable()
    })
  }

  #accepted(): void {
    this.#up = true
    if (this.#closing) this.#disconnect()
    else this.#events.onUp()
  }

  #disconnect(): void {
    // mqtt.js sends DISCONNECT only when nothing is unacknowledged, and waits for that forever.
    for (const id of Object.keys(this.#client.outgoing)) this.#client.removeOutgoingMessage(+id)
    this.#client.end(false)
  }

  #fail(cause: TransportError): void {
    if (this.#down) return
    this.#down = true
    for (const deadline of this.#deadlines) clearTimeout(deadline)
    this.#client.end(true)
    this.#client.stream.destroy()
    this.#end()
    this.#events.onDown(cause)
  }

  /**
   * Waits for an answer of the broker. A broker that gives none in time is gone, unless it is sending
   * something else, behind which the answer comes.
   */
  async #acknowledged<T>(
    what: string,
    request: (resolve: (answer: T) => void) => void,
  ): Promise<T> {
    const endWaiting = this.#watch(what)
    const answer = new Promise<T>(resolve => request(resolve))
    const gone = this.#ended.then(() => {
      throw new TransportError('ERR_NOT_CONNECTED', `${this.#url}: no connection for a ${what}`)
    })
    try {
      return await Promise.race([answer, gone])
    } finally {
      endWaiting()
    }
  }

  /** Destroys the link when nothing has moved for a while; the caller ends the watch. */
  #watch(what: string): () => void {
    let since: Progress = this.#movement.now()
    const look = setInterval(() => {
      const moves = this.#movement.hasMovedSince(since)
      since = this.#movement.now()
      if (!moves) this.destroy(`no ${what} within ${this.#timeoutMs} ms`)
    }, this.#timeoutMs)
    this.#deadlines.add(look)
    return () => {
      clearInterval(look)
      this.#deadlines.delete(look)
    }
  }

  #explain(error: Error): TransportError {
    const refused = refusal(this.#url, error)
    if (refused) return refused
    const untrusted = tlsFailure(this.#url, error)
    if (untrusted) return untrusted
    if (!this.#up) return this.#unreachable(describe(error))
    return new TransportError('ERR_NOT_CONNECTED', `${this.#url}: ${error.message}`)
  }

  #unreachable(reason: string): TransportError {
    return new TransportError(
      'ERR_BROKER_UNREACHABLE',
      `no broker at ${this.#url}: ${reason}; start the broker or correct the address`,
    )
  }
}

/** Where several addresses were tried, the error has a code but no message. */
function describe(error: Error): string {
  return error.message || ('code' in error && String(error.code)) || error.name
}

function toMqttWill({ topic, payload, qos, retain }: Will) {
  return { topic, payload: asBuffer(payload), qos, retain }
}

/** The same bytes as a Buffer, which mqtt.js wants. */
function asBuffer({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength)
}

/** A small payload is a view of the chunk it was read with; a handler that keeps it would keep both. */
function unpinned(payload: Buffer): Uint8Array {
  return payload.byteLength * 2 < payload.buffer.byteLength ? new Uint8Array(payload) : payload
}
