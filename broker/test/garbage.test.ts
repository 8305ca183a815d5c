import { expect } from 'chai'
import { liveBytes } from '../../test/fuzz/heap.ts'
import { type TestBroker, testBroker } from './brokers.ts'
import { throwGarbage } from './garbage.ts'
import { announcement, connectPacket, packet, publishPacket, subscribePacket } from './packets.ts'
import { RawClient } from './raw-client.ts'

const id = Buffer.from([0, 1])
const text = (value: string) => Buffer.concat([Buffer.from([0, value.length]), Buffer.from(value)])
const mqtt = (level: number, flags: number) =>
  Buffer.concat([text('MQTT'), Buffer.from([level, flags, 0, 60])])

/** Whatever MQTT 3.1.1 makes a broker hang up for, from somebody who is not logged in yet. */
const strangers: Record<string, Buffer> = {
  noise: Buffer.from('GET / HTTP/1.1\r\n\r\n'),
  'a ping': packet(0xc0, []),
  'a message': publishPacket('cocoi/events', 'x'),
  'a login of another protocol': packet(0x10, [
    text('HTTP'),
    Buffer.from([4, 2, 0, 60]),
    text('a'),
  ]),
  'a login of version 5': packet(0x10, [mqtt(5, 2), Buffer.from([0]), text('a')]),
  'a login of version 9': packet(0x10, [mqtt(9, 2), text('a')]),
  'a login with the reserved flag': packet(0x10, [mqtt(4, 3), text('a')]),
  'a login with will quality 3': packet(0x10, [mqtt(4, 0x1e), text('a'), text('t'), text('p')]),
  'a login that ends early': packet(0x10, [mqtt(4, 0xc2), text('a')]),
  'a login without id to be kept': packet(0x10, [mqtt(4, 0), text('')]),
  'a login with a control character in its id': connectPacket({ clientId: 'a\u0001' }),
  'a login with the wrong password': connectPacket({ username: 'pi-1', password: 'x' }),
  'a login with a will to a wrong topic': connectPacket({ will: { topic: '$SYS/x', payload: '' } }),
  'a long login': announcement(0x10, 100_000),
}

/** The same from a client. */
const clients: Record<string, Buffer> = {
  'a second login': connectPacket(),
  'a message of quality 3': publishPacket('cocoi/a', 'x', { qos: 3 }),
  'a message to a filter': publishPacket('cocoi/+', 'x'),
  'a message to no topic': publishPacket('', 'x'),
  'a message to $SYS': publishPacket('$SYS/x', 'x'),
  'a message that ends in its topic': packet(0x30, [Buffer.from([0, 9, 0x61])]),
  'a subscription to nothing': packet(0x82, [id]),
  'a subscription of quality 3': subscribePacket(['cocoi/a'], 3),
  'a subscription with wrong flags': packet(0x80, [id, text('cocoi/a'), Buffer.from([0])]),
  'a release with wrong flags': packet(0x60, [id]),
  'what only a broker sends': packet(0x20, [Buffer.from([0, 0])]),
  'a packet of reserved kind 0': packet(0x00, []),
  'a packet of reserved kind 15': packet(0xf0, []),
  'a length without end': Buffer.from([0x30, 0xff, 0xff, 0xff, 0xff, 0xff]),
  'a very long message': announcement(0x30, 268_435_455),
}

describe('a broker that is sent garbage', () => {
  let broker: TestBroker

  beforeEach(async () => {
    broker = await testBroker()
  })
  afterEach(() => broker.close())

  function rejections(): number {
    const { refused, errors } = broker.stats()
    return refused + errors
  }

  async function expectAnswer(): Promise<void> {
    const [reader, code] = await RawClient.login(broker.port, { clientId: 'reader' })
    expect(code).to.equal(0)
    await reader.subscribe('cocoi/events')
    reader.send(publishPacket('cocoi/events', 'alive'))
    expect(await reader.message()).to.equal('alive')
    reader.socket.destroy()
  }

  for (const [what, bytes] of Object.entries(strangers)) {
    it(`hangs up on a stranger for ${what}, and counts it`, async () => {
      const stranger = await RawClient.open(broker.port)
      stranger.send(bytes)
      await stranger.closed
      expect(rejections()).to.equal(1)
      await expectAnswer()
    })
  }

  for (const [what, bytes] of Object.entries(clients)) {
    it(`hangs up on a client for ${what}, and counts it under its name`, async () => {
      const [client, code] = await RawClient.login(broker.port, { clientId: 'rude' })
      expect(code).to.equal(0)
      client.send(bytes)
      await client.closed
      expect(rejections()).to.equal(1)
      const told = broker.events.filter(({ type }) => type === 'refused' || type === 'error')
      expect(told.map(({ client }) => client)).to.deep.equal(['rude'])
      await expectAnswer()
    })
  }

  it('still answers after ten thousands of damaged packets, and counts every client it cut', async () => {
    const report = await throwGarbage({ port: broker.port, sessions: 600, seed: 4 })
    expect(report.packets).to.be.above(20_000)
    expect(report.answered).to.be.above(50)
    expect(report.cut).to.have.length.above(50)
    const told = new Set(
      broker.events
        .filter(({ type }) => type === 'refused' || type === 'error')
        .map(({ client }) => client),
    )
    expect(report.cut.filter(name => !told.has(name))).to.deep.equal([])
    await expectAnswer()
  })

  it('keeps nothing of it in memory', async () => {
    const spray = (seed: number) => throwGarbage({ port: broker.port, sessions: 150, seed })
    const kept: number[] = []
    for (let round = 0; round < 4; round += 1) {
      await spray(round)
      broker.events.length = 0
      kept.push(await liveBytes())
    }
    const growth = Math.min(...kept.slice(1).map((bytes, i) => bytes - kept[i]!))
    expect(growth).to.be.below(1024 * 1024)
    expect(broker.stats().connections).to.equal(0)
  })
})
