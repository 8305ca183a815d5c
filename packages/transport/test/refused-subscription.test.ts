import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { connectMqtt, type Notice, type Transport, whenConnected } from '@cocoi/transport'
import { Aedes } from 'aedes'
import { expect } from 'chai'
import { bytes, connection, Mailbox, rejection } from './mailbox.ts'

const filter = 'cocoi/events'

/** A plain broker that does not grant the filter as many times as it is told. */
class RefusingBroker {
  refusals = 0
  readonly #aedes: Aedes
  readonly #server: Server
  readonly #sockets = new Set<Socket>()

  static async start(): Promise<RefusingBroker> {
    const broker = new RefusingBroker(await Aedes.createBroker())
    await once(broker.#server.listen(0, '127.0.0.1'), 'listening')
    return broker
  }

  private constructor(aedes: Aedes) {
    this.#aedes = aedes
    this.#server = createServer(socket => {
      this.#sockets.add(socket)
      socket.once('close', () => this.#sockets.delete(socket))
      aedes.handle(socket)
    })
    aedes.authorizeSubscribe = (_client, subscription, answer) => {
      const refused = subscription.topic === filter && this.refusals > 0
      if (refused) this.refusals -= 1
      answer(null, refused ? null : subscription)
    }
  }

  get url(): string {
    return `mqtt://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** Cuts every connection; who comes back is refused so many times. */
  cut(refusals: number): void {
    this.refusals = refusals
    for (const socket of this.#sockets) socket.destroy()
  }

  async close(): Promise<void> {
    await new Promise<void>(resolve => this.#aedes.close(resolve))
    await new Promise(resolve => this.#server.close(resolve))
  }
}

describe('a subscription that the broker refuses', () => {
  let broker: RefusingBroker
  let transport: Transport
  let notices: Notice[]
  let mailbox: Mailbox

  beforeEach(async () => {
    broker = await RefusingBroker.start()
    notices = []
    mailbox = new Mailbox()
    transport = connectMqtt({
      ...{ url: broker.url, clientId: 'a', keepaliveS: 60, backoff: { minMs: 1, maxMs: 5 } },
      onNotice: notice => notices.push(notice),
    })
    await whenConnected(transport, 5000)
    await transport.subscribe(filter, mailbox.handler, { qos: 1 })
  })
  afterEach(async () => {
    await transport.close()
    await broker.close()
  })

  /** Resolves when it is connected anew; what it says then comes after the renewal. */
  async function cut(refusals: number): Promise<void> {
    const lost = new Promise<void>(resolve => {
      const end = transport.onDisconnect(() => {
        end()
        resolve()
      })
    })
    broker.cut(refusals)
    await lost
    await connection(transport)
  }

  it('is asked for again at a renewal before the transport says that it is connected', async () => {
    await cut(3)
    expect(broker.refusals).to.equal(0)
    await transport.publish(filter, bytes('fresh'), { qos: 1, timeoutMs: 5000 })
    await mailbox.first(1)
    expect(notices.map(({ type }) => type)).to.deep.equal([
      ...['connected', 'disconnected', 'connected'],
    ])
  })

  it('is asked for again when it is new, and the subscriber hears of the refusal in the end', async () => {
    await transport.unsubscribe(filter)
    broker.refusals = 3
    await transport.subscribe(filter, mailbox.handler, { qos: 1 })
    await transport.unsubscribe(filter)
    broker.refusals = 1000
    const { code } = await rejection(transport.subscribe(filter, mailbox.handler))
    expect(code).to.equal('ERR_SUBSCRIBE_REFUSED')
    broker.refusals = 0
    await transport.subscribe(filter, mailbox.handler)
  })

  it('is given up for this connection after a while, which is told', async () => {
    await cut(1000)
    const dropped = notices.filter(({ type }) => type === 'dropped')
    expect(dropped.map(({ code }) => code)).to.deep.equal(['ERR_SUBSCRIBE_REFUSED'])
    await cut(0)
    await transport.publish(filter, bytes('again'), { qos: 1, timeoutMs: 5000 })
    await mailbox.first(1)
  })
})
