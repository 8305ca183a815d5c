import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { type ConnectFields, connectPacket, subscribePacket } from './packets.ts'

export const CONNACK = 2
export const PUBLISH = 3
export const PUBACK = 4
export const PUBREC = 5
export const PUBREL = 6
export const SUBACK = 9
export const UNSUBACK = 11

export interface Received {
  readonly type: number
  readonly body: Buffer
}

/** A socket to a broker that says exactly what it is told. */
export class RawClient<S extends Duplex = Socket> {
  readonly socket: S
  readonly closed: Promise<unknown>
  readonly #packets: Received[] = []
  #bytes = Buffer.alloc(0)
  #wake: () => void = () => {}
  #ended = false

  constructor(socket: S) {
    this.socket = socket
    this.closed = new Promise(resolve => socket.on('close', resolve))
    socket.on('error', () => {})
    socket.on('close', () => {
      this.#ended = true
      this.#wake()
    })
    socket.on('data', chunk => {
      this.#bytes = Buffer.concat([this.#bytes, chunk])
      while (this.#parse()) this.#wake()
    })
  }

  static async open(port: number, host = '127.0.0.1'): Promise<RawClient> {
    const socket = connect(port, host)
    const client = new RawClient(socket)
    await once(socket, 'connect')
    return client
  }

  /** Logs in; returns the code of the CONNACK. */
  static async login(port: number, fields: ConnectFields = {}): Promise<[RawClient, number]> {
    const client = await RawClient.open(port)
    client.send(connectPacket(fields))
    const connack = await client.next(CONNACK)
    return [client, connack?.body[1] ?? -1]
  }

  send(bytes: Buffer): void {
    this.socket.write(bytes)
  }

  /** The codes of the SUBACK. */
  async subscribe(...filters: (string | Buffer)[]): Promise<number[]> {
    this.send(subscribePacket(filters))
    const suback = await this.next(SUBACK)
    return [...(suback?.body.subarray(2) ?? [])]
  }

  /** The next packet of this type; undefined if the broker hangs up first. */
  async next(type: number): Promise<Received | undefined> {
    for (;;) {
      const index = this.#packets.findIndex(packet => packet.type === type)
      if (index >= 0) return this.#packets.splice(index, 1)[0]
      if (this.#ended) return undefined
      await new Promise<void>(resolve => {
        this.#wake = resolve
      })
    }
  }

  /** The text of the next message. */
  async message(): Promise<string | undefined> {
    const publish = await this.next(PUBLISH)
    return publish?.body.subarray(2 + publish.body.readUInt16BE(0)).toString()
  }

  #parse(): boolean {
    let length = 0
    let offset = 1
    for (let more = true; more; offset += 1) {
      const byte = this.#bytes[offset]
      if (byte === undefined) return false
      length += (byte & 127) * 128 ** (offset - 1)
      more = byte > 127
    }
    if (this.#bytes.length < offset + length) return false
    const body = this.#bytes.subarray(offset, offset + length)
    this.#packets.push({ type: this.#bytes[0]! >> 4, body })
    this.#bytes = this.#bytes.subarray(offset + length)
    return true
  }
}
