import { Duplex } from 'node:stream'
import { Aedes } from 'aedes'
import { expect } from 'chai'
import { type TestBroker, testBroker } from './brokers.ts'
import { announcement, connectPacket, packet, publishPacket, subscribePacket } from './packets.ts'
import { CONNACK, PUBACK, PUBLISH, PUBREC, PUBREL, RawClient, SUBACK } from './raw-client.ts'

const MAX_QUEUED = 4_000_000

describe('limits of the broker', () => {
  let broker: TestBroker

  beforeEach(async () => {
    broker = await testBroker()
  })
  afterEach(() => broker.close())

  async function client(clientId: string, ...filters: string[]): Promise<RawClient> {
    const [raw, code] = await RawClient.login(broker.port, { clientId })
    expect(code).to.equal(0)
    if (filters.length > 0) await raw.subscribe(...filters)
    return raw
  }

  /** A reader that does not read, with more waiting for it than it may have. */
  async function stalledReader(sender: RawClient): Promise<RawClient> {
    const stalled = await client('stalled', 'cocoi/bulk', 'cocoi/events')
    stalled.socket.pause()
    const bulk = publishPacket('cocoi/bulk', Buffer.alloc(1_000_000))
    const steps = await client('steps', 'cocoi/step')
    while (broker.stats().dropped < 3) {
      for (let count = 0; count < 4; count += 1) sender.send(bulk)
      sender.send(publishPacket('cocoi/step', 'step'))
      await steps.message()
    }
    return stalled
  }

  it('relies on private parts of aedes that are still there', async () => {
    const aedes = await Aedes.createBroker()
    const conn = new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() })
    const { _parser: parser, waitForDrain } = aedes.handle(conn) as unknown as {
      waitForDrain: unknown
      _parser: { parse: unknown; _parseLength: unknown; _emitError: unknown; packet: object }
    }
    expect(waitForDrain).to.be.a('function')
    expect(parser.parse).to.be.a('function')
    expect(parser._parseLength).to.be.a('function')
    expect(parser._emitError).to.be.a('function')
    expect(parser.packet).to.include.keys('cmd', 'length')
    conn.destroy()
    await new Promise<void>(resolve => aedes.close(() => resolve()))
  })

  it('cuts off a stranger that announces a large packet, before the packet comes', async () => {
    const stranger = await RawClient.open(broker.port)
    stranger.send(announcement(0x10, 8193))
    await stranger.closed
    expect(broker.events[0]).to.include({
      type: 'error',
      reason: 'a connect of 8193 bytes is too large, at most 8192',
    })
  })

  it('takes larger packets after login, to a limit', async () => {
    const reader = await client('reader', 'cocoi/bulk')
    const sender = await client('sender')
    sender.send(publishPacket('cocoi/bulk', Buffer.alloc(3_999_000, 'x')))
    expect(await reader.message()).to.have.length(3_999_000)
    sender.send(announcement(0x30, 4_000_001))
    await sender.closed
  })

  it('takes no large packet that is not a message', async () => {
    const greedy = await client('greedy')
    greedy.send(announcement(0x82, 65_537))
    await greedy.closed
  })

  it('queues a bounded number of bytes for a reader that does not read', async () => {
    const sender = await client('sender')
    const bystander = await client('bystander', 'cocoi/bulk')
    await stalledReader(sender)
    const bulk = publishPacket('cocoi/bulk', Buffer.alloc(1_000_000))
    let most = 0
    for (let count = 0; count < 20; count += 1) sender.send(bulk)
    for (let count = 0; count < 20; count += 1) {
      await bystander.message()
      most = Math.max(most, broker.stats().bytes.queued)
    }
    // The bystander's own queue, of at most as much, is in the sum.
    expect(most).to.be.within(MAX_QUEUED / 2, 2 * (MAX_QUEUED + 1000))
    expect(broker.events.find(({ type }) => type === 'dropped')).to.include({
      client: 'stalled',
      topic: 'cocoi/bulk',
      reason: 'the reader is too slow',
    })
  })

  it('serves the others although a reader stalls with many small messages', async () => {
    const sender = await client('sender')
    await stalledReader(sender)
    const bystander = await client('bystander', 'cocoi/events')
    const { dropped } = broker.stats()
    const burst = Buffer.concat(Array(500).fill(publishPacket('cocoi/events', 'small')))
    for (let round = 0; round < 4; round += 1) {
      sender.send(burst)
      for (let count = 0; count < 500; count += 1) await bystander.message()
    }
    expect(broker.stats().dropped).to.be.above(dropped)
  })

  it('delivers again to a slow reader once it has caught up', async () => {
    const sender = await client('sender')
    const stalled = await stalledReader(sender)
    stalled.socket.resume()
    const ends = await client('ends', 'cocoi/step')
    for (let received: string | undefined = ''; received !== 'fresh'; ) {
      sender.send(publishPacket('cocoi/step', 'step'))
      sender.send(publishPacket('cocoi/events', 'fresh'))
      await ends.message()
      received = await stalled.message()
    }
  })

  it('keeps a bounded number of bytes for a client that is away, and delivers them', async () => {
    const fields = { clientId: 'away', clean: false }
    const [away] = await RawClient.login(broker.port, fields)
    away.send(subscribePacket(['cocoi/bulk'], 1))
    await away.next(SUBACK)
    away.socket.end(announcement(0xe0, 0))
    await away.closed
    const sender = await client('sender')
    for (let count = 0; count < 6; count += 1) {
      sender.send(publishPacket('cocoi/bulk', Buffer.alloc(900_000), { qos: 1 }))
      await sender.next(PUBACK)
    }
    const [back] = await RawClient.login(broker.port, fields)
    for (let count = 0; count < 4; count += 1) {
      const { body } = (await back.next(PUBLISH))!
      back.send(packet(0x40, [body.subarray(12, 14)]))
    }
    sender.send(publishPacket('cocoi/bulk', 'room again', { qos: 1 }))
    expect((await back.next(PUBLISH))?.body.subarray(14).toString()).to.equal('room again')
    expect(broker.stats().dropped).to.equal(2)
  })

  it('frees what it kept of QoS 2 once it has arrived, and keeps the connection', async () => {
    const fields = { clientId: 'away', clean: false }
    const [away] = await RawClient.login(broker.port, fields)
    away.send(subscribePacket(['cocoi/bulk'], 2))
    await away.next(SUBACK)
    const sender = await client('sender')
    // More than may be kept at one time.
    for (let id = 1; id <= 6; id += 1) {
      sender.send(publishPacket('cocoi/bulk', Buffer.alloc(900_000), { qos: 2 }))
      await sender.next(PUBREC)
      sender.send(packet(0x62, [Buffer.from([0, 7])]))
      const messageId = (await away.next(PUBLISH))!.body.subarray(12, 14)
      away.send(packet(0x50, [messageId]))
      expect((await away.next(PUBREL))?.body).to.deep.equal(messageId)
      away.send(packet(0x70, [messageId]))
    }
    expect(broker.stats().dropped).to.equal(0)
    expect(broker.events.filter(({ type }) => type === 'error')).to.deep.equal([])
  })

  it('lets strangers of one address take a quarter of the connections, whoever is logged in', async () => {
    await broker.close()
    broker = await testBroker({ limits: { maxConnections: 8 } })
    for (const id of ['one', 'two', 'three', 'four']) await client(id)
    const strangers: RawClient[] = []
    for (let i = 0; i < 3; i += 1) strangers.push(await RawClient.open(broker.port))
    await strangers[2]!.closed
    expect(broker.reasons()).to.deep.equal([
      '2 connections of 127.0.0.1 have not logged in; another one is refused',
    ])
    strangers[0]!.send(connectPacket({ clientId: 'five' }))
    expect((await strangers[0]!.next(CONNACK))?.body[1]).to.equal(0)
    await client('six')
  })

  it('refuses connections and subscriptions beyond its caps', async () => {
    await broker.close()
    broker = await testBroker({ limits: { maxConnections: 2, maxSubscriptionsPerClient: 2 } })
    const first = await client('first')
    await client('second')
    const third = await RawClient.open(broker.port)
    await third.closed
    const filters = ['cocoi/a', 'cocoi/b', 'cocoi/c']
    expect(await first.subscribe(...filters)).to.deep.equal([0, 0, 128])
    expect(broker.reasons()).to.have.length(2)
  })
})
