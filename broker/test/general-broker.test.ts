import { networkInterfaces } from 'node:os'
import { expect } from 'chai'
import { type TestBroker, testBroker } from './brokers.ts'
import {
  announcement,
  type ConnectFields,
  connectPacket,
  publishPacket,
  subscribePacket,
  unsubscribePacket,
} from './packets.ts'
import { CONNACK, PUBACK, RawClient, SUBACK, UNSUBACK } from './raw-client.ts'

/** What a general MQTT 3.1.1 broker must do; the suites of other projects look at the same things. */
describe('a general broker (anonymous: open)', () => {
  let broker: TestBroker

  beforeEach(async () => {
    broker = await testBroker({ anonymous: 'open' })
  })
  afterEach(() => broker.close())

  async function client(clientId: string, fields: ConnectFields = {}): Promise<RawClient> {
    const [raw, code] = await RawClient.login(broker.port, { clientId, ...fields })
    expect(code).to.equal(0)
    return raw
  }

  async function reader(...filters: string[]): Promise<RawClient> {
    const raw = await client('reader')
    expect(await raw.subscribe(...filters)).to.deep.equal(filters.map(() => 0))
    return raw
  }

  /** Everything the reader gets until `end`, which it subscribes to. */
  async function messages(raw: RawClient): Promise<(string | undefined)[]> {
    const end = await client('end')
    end.send(publishPacket('end', 'end'))
    const received: (string | undefined)[] = []
    for (let one = await raw.message(); one !== 'end'; one = await raw.message()) received.push(one)
    return received
  }

  async function publish(...packets: Buffer[]): Promise<void> {
    const sender = await client('a sender')
    for (const one of packets) sender.send(one)
    sender.send(publishPacket('done', '', { qos: 1 }))
    await sender.next(PUBACK)
    sender.socket.end(announcement(0xe0, 0))
    await sender.closed
  }

  it('takes topics of every program, and client ids with spaces', async () => {
    const raw = await reader('TopicA/+', '/TopicA', 'end')
    await publish(publishPacket('TopicA/B', 'one'), publishPacket('/TopicA', 'two'))
    expect(await messages(raw)).to.deep.equal(['one', 'two'])
  })

  it('says no to a subscription to what the protocol does not have below the base', async () => {
    const raw = await client('reader')
    const filters = ['cocoi/nosubscribe', 'cocoi/events', 'cocoi/#', 'cocoi', '#']
    expect(await raw.subscribe(...filters)).to.deep.equal([128, 0, 0, 0, 0])
    const [sender] = await RawClient.login(broker.port, { clientId: 'sender' })
    sender.send(publishPacket('cocoi/evnets', 'mistyped'))
    await sender.closed
  })

  it('hides topics with $ from wildcards, and keeps its own and shared ones to itself', async () => {
    const raw = await reader('#', '+/B', '$TopicA/B')
    expect(await raw.subscribe('$SYS/#', '$share/g/a')).to.deep.equal([128, 128])
    await publish(publishPacket('$TopicA/C', 'hidden'), publishPacket('$TopicA/B', 'asked for'))
    expect(await messages(raw)).to.deep.equal(['asked for', ''])
    const forger = await client('forger')
    forger.send(publishPacket('$SYS/broker/clients', '1'))
    await forger.closed
  })

  it('keeps a retained message until an empty one takes its place', async () => {
    await publish(publishPacket('TopicA/B', 'kept', { retain: true }))
    expect(await messages(await reader('+/+', 'end'))).to.deep.equal(['kept'])
    await publish(publishPacket('TopicA/B', '', { retain: true }))
    expect(await messages(await reader('+/+', 'end'))).to.deep.equal([])
  })

  it('delivers nothing more after an unsubscription', async () => {
    const raw = await reader('TopicA', 'TopicA/B', 'end')
    raw.send(unsubscribePacket(['TopicA']))
    await raw.next(UNSUBACK)
    await publish(publishPacket('TopicA', 'gone'), publishPacket('TopicA/B', 'kept'))
    expect(await messages(raw)).to.deep.equal(['kept'])
  })

  it('delivers once or once each where filters overlap', async () => {
    const raw = await reader('TopicA/#', 'TopicA/+', 'end')
    await publish(publishPacket('TopicA/C', 'overlap'))
    expect((await messages(raw)).length).to.be.oneOf([1, 2])
  })

  it('keeps the session of a client that is away, and says so when it is back', async () => {
    const fields = { clean: false }
    const [first] = await RawClient.login(broker.port, { clientId: 'away', ...fields })
    first.send(subscribePacket(['TopicA/B'], 1))
    await first.next(SUBACK)
    first.socket.end(announcement(0xe0, 0))
    await first.closed
    await publish(publishPacket('TopicA/B', 'meanwhile', { qos: 1 }))
    const back = await RawClient.open(broker.port)
    back.send(connectPacket({ clientId: 'away', ...fields }))
    expect([...(await back.next(CONNACK))!.body]).to.deep.equal([1, 0])
    expect(await back.message()).to.include('meanwhile')
  })

  it('sends again after a reconnect what was not acknowledged', async () => {
    const fields = { clean: false }
    const first = await client('slow', fields)
    first.send(subscribePacket(['TopicA/B'], 1))
    await first.next(SUBACK)
    await publish(publishPacket('TopicA/B', 'twice', { qos: 1 }))
    expect(await first.message()).to.include('twice')
    first.socket.destroy()
    await first.closed
    expect(await (await client('slow', fields)).message()).to.include('twice')
  })

  it('gives up a client that is silent for longer than it said, and publishes its will', async () => {
    const raw = await reader('TopicA/last')
    const will = { topic: 'TopicA/last', payload: 'it is gone' }
    const silent = await client('silent', { keepaliveS: 1, will })
    await silent.closed
    expect(await raw.message()).to.equal('it is gone')
  })

  it('hangs up at a second CONNECT, and at a protocol that is not MQTT', async () => {
    const twice = await client('twice')
    twice.send(connectPacket({ clientId: 'twice' }))
    await twice.closed
    const stranger = await RawClient.open(broker.port)
    stranger.send(connectPacket({ protocol: 'hj' }))
    await stranger.closed
  })

  it('still admits nobody from elsewhere without a name', async () => {
    await broker.close()
    broker = await testBroker({ anonymous: 'open', host: '0.0.0.0' })
    const addresses = Object.values(networkInterfaces()).flatMap(entries => entries ?? [])
    const outside = addresses.find(({ internal, family }) => !internal && family === 'IPv4')
    if (!outside) return
    const raw = await RawClient.open(broker.port, outside.address)
    raw.send(connectPacket({ clientId: 'elsewhere' }))
    expect((await raw.next(CONNACK))?.body[1]).to.equal(5)
  })
})
