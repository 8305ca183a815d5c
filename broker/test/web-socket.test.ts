import { once } from 'node:events'
import { request } from 'node:http'
import { connect } from 'node:net'
import { Authority } from '@cocoi/cli'
import { expect } from 'chai'
import { connectAsync, type IClientOptions } from 'mqtt'
import { createWebSocketStream, WebSocket } from 'ws'
import { SECRET, type TestBroker, testBroker } from './brokers.ts'
import { connectPacket, publishPacket } from './packets.ts'
import { CONNACK, RawClient } from './raw-client.ts'

const HOST = '127.0.0.1'

describe('WebSockets at the broker', () => {
  let broker: TestBroker

  beforeEach(async () => {
    broker = await testBroker({ ws: { host: HOST, port: 0, secure: false } })
  })
  afterEach(() => broker.close())

  const mqtt = (options: IClientOptions) =>
    connectAsync(`ws://${HOST}:${broker.wsPort}`, { reconnectPeriod: 0, ...options })
  const webSocket = (protocols: string[] = ['mqtt'], headers: Record<string, string> = {}) =>
    new WebSocket(`ws://${HOST}:${broker.wsPort}`, protocols, { headers })

  it('carry MQTT', async () => {
    const client = await mqtt({ clientId: 'local' })
    await client.subscribeAsync('cocoi/bulk')
    const received = new Promise<Buffer>(resolve =>
      client.on('message', (_topic, payload) => resolve(payload)),
    )
    await client.publishAsync('cocoi/bulk', Buffer.alloc(3_000_000, 'x'))
    expect(await received).to.have.length(3_000_000)
    await client.endAsync()
  })

  it('carry MQTT over TLS', async () => {
    await broker.close()
    const { authority, files } = await Authority.create()
    const { cert, key } = await authority.issueServer([HOST])
    const tls = { host: HOST, port: 0, cert: Buffer.from(cert), key: Buffer.from(key) }
    broker = await testBroker({ tls, ws: { host: HOST, port: 0, secure: true } })
    const client = await connectAsync(`wss://${HOST}:${broker.wsPort}`, {
      ...{ ca: files.cert, reconnectPeriod: 0 },
      ...{ clientId: 'cam', username: 'cam', password: SECRET },
    })
    await client.subscribeAsync('cocoi/events')
    await client.endAsync()
  })

  it('are not for pages in a browser that do not log in, whatever machine they run on', async () => {
    const headers = { origin: 'http://evil.test' }
    const socket = webSocket(['mqtt'], headers)
    await once(socket, 'open')
    const page = new RawClient(createWebSocketStream(socket))
    page.send(connectPacket({ clientId: 'page' }))
    expect((await page.next(CONNACK))?.body[1]).to.equal(5)
    const client = await mqtt({
      ...{ clientId: 'cam', username: 'cam', password: SECRET },
      wsOptions: { headers },
    })
    await client.endAsync()
  })

  it('take small messages before login, and a whole packet after it', async () => {
    const stranger = webSocket()
    await once(stranger, 'open')
    stranger.send(Buffer.alloc(9000))
    const [code] = await once(stranger, 'close')
    expect(code).to.equal(1009)
    const local = webSocket()
    await once(local, 'open')
    local.send(connectPacket({ clientId: 'local' }))
    await once(local, 'message')
    local.send(publishPacket('cocoi/bulk', Buffer.alloc(3_999_000), { qos: 1 }))
    const [puback] = (await once(local, 'message')) as [Buffer]
    expect(puback[0]! >> 4).to.equal(4)
    local.send(Buffer.alloc(4_000_100))
    expect((await once(local, 'close'))[0]).to.equal(1009)
  })

  it('speak the subprotocol mqtt only, and answer other HTTP with a sentence', async () => {
    for (const protocols of [[], ['chat']]) {
      const socket = webSocket(protocols)
      const [error] = await once(socket, 'error')
      expect((error as Error).message).to.include('400')
    }
    const [response] = await once(request({ host: HOST, port: broker.wsPort }).end(), 'response')
    expect(response.statusCode).to.equal(426)
  })

  it('hang up on a stranger that asks for nothing', async () => {
    await broker.close()
    const limits = { connectTimeoutMs: 50 }
    broker = await testBroker({ limits, ws: { host: HOST, port: 0, secure: false } })
    const silent = connect(broker.wsPort!, HOST).resume()
    await once(silent, 'close')
    const open = webSocket()
    await once(open, 'close')
  })

  it('frees its port and every connection when the broker is closed', async () => {
    const socket = webSocket()
    await once(socket, 'open')
    const client = await mqtt({ clientId: 'local' })
    const closed = [socket, client].map(
      one => new Promise<void>(resolve => one.on('close', () => resolve())),
    )
    await broker.close()
    await Promise.all(closed)
  })
})
