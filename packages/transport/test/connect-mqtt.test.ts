import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { connectMqtt, type MqttOptions, type Notice, whenConnected } from '@cocoi/transport'
import { expect } from 'chai'
import { connectAsync } from 'mqtt'
import { conforms } from './conformance.ts'
import { bytes, connection, disconnection, Mailbox, rejection } from './mailbox.ts'
import { type MqttWorld, mqttWorld } from './mqtt-world.ts'

conforms('mqtt', mqttWorld)

const sure = { qos: 1, timeoutMs: 5000 } as const

describe('connectMqtt', () => {
  let world: MqttWorld

  beforeEach(async () => {
    world = await mqttWorld({
      authenticate: async (username, password) =>
        Buffer.from(password).equals(Buffer.from('right'))
          ? { role: 'device', id: username }
          : undefined,
    })
  })
  afterEach(() => world.close())

  async function client(clientId: string, options: Partial<MqttOptions> = {}) {
    const transport = await world.connect({ clientId, ...options })
    await whenConnected(transport, 5000)
    return transport
  }

  it('settles a QoS 0 message whose connection dies while it is written', async () => {
    const sender = await client('sender')
    world.relay('sender').stall()
    const large = new Uint8Array(20_000_000)
    const published = rejection(sender.publish('cocoi/a', large, { qos: 0, timeoutMs: 20_000 }))
    world.sever('sender')
    expect((await published).code).to.equal('ERR_NOT_CONNECTED')
  })

  it('gives up what a stalled network does not take in time, and never delivers it later', async () => {
    const reader = await client('reader')
    const mailbox = new Mailbox()
    await reader.subscribe('cocoi/events', mailbox.handler, { qos: 1 })
    const sender = await client('sender')
    const relay = world.relay('sender')
    relay.stall()
    const brief = 50
    const large = new Uint8Array(20_000_000)
    const codes = await Promise.all([
      rejection(sender.publish('cocoi/large', large, { qos: 0, timeoutMs: brief })),
      rejection(sender.publish('cocoi/events', bytes('behind'), { qos: 0, timeoutMs: brief })),
      rejection(sender.publish('cocoi/events', bytes('behind 1'), { qos: 1, timeoutMs: brief })),
    ])
    expect(codes.map(({ code }) => code)).to.deep.equal(Array(3).fill('ERR_PUBLISH_TIMEOUT'))
    const lost = disconnection(sender)
    relay.cut()
    await lost
    relay.resume()
    await connection(sender)
    await sender.publish('cocoi/events', bytes('fresh'), sure)
    await mailbox.first(1)
    expect(mailbox.texts).to.deep.equal(['fresh'])
  })

  it('does not send an expired QoS 1 message again on the next connection', async () => {
    const reader = await client('reader')
    const mailbox = new Mailbox()
    await reader.subscribe('cocoi/events', mailbox.handler, { qos: 1 })
    const sender = await client('sender')
    const relay = world.relay('sender')
    relay.stall()
    const expired = sender.publish('cocoi/events', bytes('stale'), { qos: 1, timeoutMs: 30 })
    expect((await rejection(expired)).code).to.equal('ERR_PUBLISH_TIMEOUT')
    const lost = disconnection(sender)
    relay.cut()
    await lost
    relay.resume()
    await connection(sender)
    await sender.publish('cocoi/events', bytes('fresh'), sure)
    await mailbox.first(1)
    expect(mailbox.texts).to.deep.equal(['fresh'])
  })

  it('closes although the broker does not answer', async () => {
    const sender = await client('sender', { connectTimeoutMs: 100 })
    world.relay('sender').stall()
    const unacknowledged = rejection(sender.publish('cocoi/a', bytes('x'), sure))
    await sender.close()
    expect((await unacknowledged).code).to.equal('ERR_CLOSED')
  })

  it('publishes no will when it is closed while messages are unacknowledged', async () => {
    const reader = await client('reader')
    const mailbox = new Mailbox()
    await reader.subscribe('cocoi/wills', mailbox.handler, { qos: 1 })
    await reader.subscribe('cocoi/end', mailbox.handler, { qos: 1 })
    const will = { topic: 'cocoi/wills', payload: bytes('will'), qos: 1, retain: false } as const
    const sender = await client('sender', { will: () => will })
    const published = sender.publish('cocoi/end', bytes('last'), sure).catch(() => {})
    await sender.close()
    await published
    await reader.publish('cocoi/end', bytes('end'), sure)
    await mailbox.first(2)
    expect(mailbox.texts).to.deep.equal(['last', 'end'])
  })

  it('publishes no will when it is closed while it connects', async () => {
    const reader = await client('reader')
    const mailbox = new Mailbox()
    await reader.subscribe('cocoi/wills', mailbox.handler, { qos: 1 })
    const will = { topic: 'cocoi/wills', payload: bytes('will'), qos: 1, retain: false } as const
    const early = await world.connect({ clientId: 'early', will: () => will })
    await early.close()
    await reader.publish('cocoi/wills', bytes('end'), sure)
    await mailbox.first(1)
    expect(mailbox.texts).to.deep.equal(['end'])
  })

  it('drops parts that contradict themselves, says so, and goes on', async () => {
    const notices: Notice[] = []
    const reader = await client('reader', { onNotice: (notice: Notice) => notices.push(notice) })
    const mailbox = new Mailbox()
    await reader.subscribe('cocoi/events', mailbox.handler, { qos: 1 })
    const stranger = await connectAsync(`mqtt://127.0.0.1:${world.relay('reader').port}`)
    const lie = Buffer.alloc(40, 255)
    lie.set([0x43, 0x4f, 0x43, 0x4f, 0x49, 0x50, 0x00, 0x01])
    for (let count = 0; count < 12; count += 1) {
      await stranger.publishAsync('cocoi/events', lie, { qos: 1 })
    }
    await stranger.publishAsync('cocoi/events', 'fine', { qos: 1 })
    await stranger.endAsync()
    await mailbox.first(1)
    expect(mailbox.texts).to.deep.equal(['fine'])
    const dropped = notices.filter(({ type }) => type === 'dropped')
    expect(dropped.map(({ code }) => code)).to.deep.equal(['ERR_BAD_MESSAGE', 'ERR_BAD_MESSAGE'])
  })

  it('notices an unreachable broker once per outage', async () => {
    const notices: string[] = []
    let attempts = 0
    const transport = await client('client', {
      onNotice: ({ type }: Notice) => notices.push(type),
      nextSession: () => ++attempts,
    })
    for (let outage = 0; outage < 2; outage += 1) {
      const lost = disconnection(transport)
      await world.stop()
      await lost
      const before = attempts
      while (attempts < before + 4) await new Promise(setImmediate)
      await world.start()
      await connection(transport)
    }
    const outage = ['disconnected', 'unreachable', 'connected']
    expect(notices).to.deep.equal(['connected', ...outage, ...outage])
  })

  it('rejects at once when the broker does not know the client, and goes on trying', async () => {
    const wrong = await world.connect({
      clientId: 'pi-1',
      username: 'pi-1',
      password: 'wrong-secret',
    })
    const refused = await rejection(whenConnected(wrong, 20_000))
    expect(refused.code).to.equal('ERR_NOT_AUTHORIZED')
    expect(refused.message).not.to.include('wrong-secret')
  })

  it('rejects after the deadline when nothing listens, naming address and reason', async () => {
    const port = await unusedPort()
    const transport = connectMqtt({
      url: `mqtt://user:secret@127.0.0.1:${port}`,
      clientId: 'a',
      keepaliveS: 60,
    })
    const failure = await rejection(whenConnected(transport, 100))
    await transport.close()
    expect(failure.code).to.equal('ERR_BROKER_UNREACHABLE')
    expect(failure.message).to.include(`127.0.0.1:${port}`).and.include('ECONNREFUSED')
    expect(failure.message).not.to.include('secret')
  })

  it('goes to the next of its addresses when one does not answer, or its connection is lost', async () => {
    const other = await mqttWorld()
    try {
      const ports = [await unusedPort(), world.port, other.port]
      const url = ports.map(port => `mqtt://127.0.0.1:${port}`).join(', ')
      const roamer = await client('roamer', { url })
      const mailbox = new Mailbox()
      await roamer.subscribe('cocoi/events', mailbox.handler, { qos: 1 })
      const [here, there] = [await client('here'), await other.connect({ clientId: 'there' })]
      await here.publish('cocoi/events', bytes('the second'), sure)
      await mailbox.first(1)
      const lost = disconnection(roamer)
      await world.stop()
      await lost
      await connection(roamer)
      await there.publish('cocoi/events', bytes('the third'), sure)
      await mailbox.first(2)
      expect(mailbox.texts).to.deep.equal(['the second', 'the third'])
    } finally {
      await other.close()
    }
  })

  it('gives up a server that accepts and then says nothing', async () => {
    const silent = createServer(socket => socket.resume().on('error', () => {}))
    await once(silent.listen(0, '127.0.0.1'), 'listening')
    const { port } = silent.address() as AddressInfo
    const unreachable = new Promise<Notice>(resolve => {
      const transport = connectMqtt({
        url: `mqtt://127.0.0.1:${port}`,
        clientId: 'a',
        keepaliveS: 60,
        connectTimeoutMs: 50,
        onNotice: notice => {
          void transport.close()
          resolve(notice)
        },
      })
    })
    expect(await unreachable).to.include({ type: 'unreachable', code: 'ERR_BROKER_UNREACHABLE' })
    await new Promise(resolve => silent.close(resolve))
  })

  it('refuses addresses it would misunderstand', () => {
    const ca = bytes('-----BEGIN CERTIFICATE-----')
    const wrong = [
      { url: '127.0.0.1:1883' },
      { url: 'http://a' },
      { url: '' },
      { url: 'mqtt://a,b' },
      { url: 'mqtt://a,' },
      { url: 'mqtt://a', ca },
    ]
    for (const options of wrong) {
      const attempt = () => connectMqtt({ clientId: 'a', keepaliveS: 60, ...options })
      expect(attempt).to.throw().with.property('code', 'ERR_BAD_URL')
    }
  })
})

/** A port on which nobody listens just now. */
async function unusedPort(): Promise<number> {
  const placeholder = createServer()
  await once(placeholder.listen(0, '127.0.0.1'), 'listening')
  const { port } = placeholder.address() as AddressInfo
  await new Promise(resolve => placeholder.close(resolve))
  return port
}
