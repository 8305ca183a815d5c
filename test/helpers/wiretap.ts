import { connectMqtt, type Transport, whenConnected } from '@cocoi/transport'

/** A message that passed the broker. */
export interface Message {
  readonly topic: string
  readonly payload: Uint8Array
}

/** A message that has not come after this long is not going to come. */
const patienceMs = 45_000

/** A raw client of the broker: reads any topic, and publishes whatever a test wants to be said. */
export class Wiretap {
  readonly transport: Transport

  private constructor(transport: Transport) {
    this.transport = transport
  }

  static async open(url: string, clientId = 'wiretap'): Promise<Wiretap> {
    const transport = connectMqtt({ url, clientId, keepaliveS: 60 })
    await whenConnected(transport, 10_000)
    return new Wiretap(transport)
  }

  /**
   * Waits for a message. Resolves when the broker has granted the subscription: what is caused from
   * then on is not missed.
   *
   * @returns `seen`, a promise of the first message that `fits`
   */
  async expect(
    filter: string,
    fits: (message: Message) => boolean = () => true,
  ): Promise<{ seen: Promise<Message> }> {
    let take: (message: Message) => void = () => undefined
    const seen = new Promise<Message>((resolve, reject) => {
      const late = () => reject(new Error(`no message on ${filter} within ${patienceMs} ms`))
      const timer = setTimeout(late, patienceMs)
      take = message => {
        clearTimeout(timer)
        resolve(message)
      }
    })
    seen.catch(() => undefined) // told to whoever awaits it
    await this.listen(filter, message => fits(message) && take(message))
    return { seen }
  }

  /** Calls the listener with every message from now on; resolves when that is granted. */
  async listen(filter: string, listener: (message: Message) => void): Promise<void> {
    await this.transport.subscribe(filter, (topic, payload) => listener({ topic, payload }), {
      qos: 1,
    })
  }

  publish(topic: string, payload: Uint8Array | string, { retain = false } = {}): Promise<void> {
    const bytes = typeof payload === 'string' ? new TextEncoder().encode(payload) : payload
    return this.transport.publish(topic, bytes, { qos: 1, retain, timeoutMs: 10_000 })
  }

  close(): Promise<void> {
    return this.transport.close()
  }
}
