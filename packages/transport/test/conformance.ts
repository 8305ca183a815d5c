import { type Notice, type Transport, whenConnected } from '@cocoi/transport'
import { expect } from 'chai'
import { bytes, connection, disconnection, Mailbox, rejection } from './mailbox.ts'
import type { ClientOptions, World } from './world.ts'

const soon = { qos: 0, timeoutMs: 5000 } as const
const sure = { qos: 1, timeoutMs: 5000 } as const

/** What every transport does, whatever is below it. */
export function conforms(name: string, create: () => Promise<World>): void {
  describe(`${name} transport`, () => {
    let world: World

    beforeEach(async () => {
      world = await create()
    })
    afterEach(() => world.close())

    async function client(clientId: string, options: Partial<ClientOptions> = {}) {
      const transport = await world.connect({ clientId, ...options })
      await whenConnected(transport, 5000)
      return transport
    }

    /** A client with a mailbox on a filter. */
    async function reader(filter: string, clientId = 'reader'): Promise<[Transport, Mailbox]> {
      const transport = await client(clientId)
      const mailbox = new Mailbox()
      await transport.subscribe(filter, mailbox.handler, { qos: 1 })
      return [transport, mailbox]
    }

    it('carries messages of both qualities to whoever subscribed', async () => {
      const [, mailbox] = await reader('cocoi/events')
      const sender = await client('sender')
      await sender.publish('cocoi/events', bytes('a'), soon)
      await sender.publish('cocoi/events', bytes('b'), sure)
      await mailbox.first(2)
      expect(mailbox.texts).to.have.members(['a', 'b'])
    })

    it('matches + with exactly one level', async () => {
      const [, mailbox] = await reader('cocoi/devices/+/status')
      const sender = await client('sender')
      await sender.publish('cocoi/devices/a/b/status', bytes('deep'), sure)
      await sender.publish('cocoi/devices/status', bytes('short'), sure)
      await sender.publish('cocoi/devices/a/status', bytes('right'), sure)
      await mailbox.first(1)
      expect(mailbox.texts).to.deep.equal(['right'])
    })

    it('gives a retained message to later subscribers until it is cleared', async () => {
      const sender = await client('sender')
      await sender.publish('cocoi/models/a', bytes('ready'), { ...sure, retain: true })
      await sender.publish('cocoi/models/b', bytes('gone'), { ...sure, retain: true })
      await sender.publish('cocoi/models/b', new Uint8Array(), { ...sure, retain: true })
      const [, mailbox] = await reader('cocoi/models/+')
      await sender.publish('cocoi/models/c', bytes('live'), sure)
      await mailbox.first(2)
      expect(mailbox.texts).to.have.members(['ready', 'live'])
    })

    it('gives every handler of a filter its messages, and none after unsubscribe', async () => {
      const [transport, first] = await reader('cocoi/events')
      const second = new Mailbox()
      const other = new Mailbox()
      await transport.subscribe('cocoi/events', second.handler)
      await transport.subscribe('cocoi/other', other.handler)
      await transport.publish('cocoi/events', bytes('both'), sure)
      await Promise.all([first.first(1), second.first(1)])
      await transport.unsubscribe('cocoi/events')
      await transport.publish('cocoi/events', bytes('nobody'), sure)
      await transport.publish('cocoi/other', bytes('end'), sure)
      await other.first(1)
      expect([first.texts, second.texts]).to.deep.equal([['both'], ['both']])
    })

    it('says when the broker refuses a subscription', async () => {
      const transport = await client('reader')
      const refused = await rejection(transport.subscribe('$share/g/cocoi/events', () => {}))
      expect(refused.code).to.equal('ERR_SUBSCRIBE_REFUSED')
    })

    it('refuses topics and filters it cannot serve before they reach the broker', async () => {
      const transport = await client('reader')
      for (const topic of ['', 'cocoi/+', 'cocoi/#', 'cocoi/\0', 'cocoi/\ud800']) {
        const { code } = await rejection(transport.publish(topic, bytes('x'), soon))
        expect(code, topic).to.equal('ERR_BAD_TOPIC')
      }
      for (const filter of ['', 'cocoi/#', 'cocoi/a+', '#']) {
        const { code } = await rejection(transport.subscribe(filter, () => {}))
        expect(code, filter).to.equal('ERR_BAD_TOPIC')
      }
      expect(transport.connected).to.equal(true)
    })

    it('tells a late listener of the connection at once', async () => {
      const transport = await client('late')
      const sessions: number[] = []
      const end = transport.onConnect(session => sessions.push(session))
      expect(sessions).to.have.length(1)
      end()
      const again = disconnection(transport).then(() => connection(transport))
      world.sever('late')
      await again
      expect(sessions).to.have.length(1)
    })

    it('publishes the will of the session that was cut, and comes back as a later one', async () => {
      const [, mailbox] = await reader('cocoi/devices/+/status')
      const device = await client('pi-1', {
        will: session => ({
          topic: 'cocoi/devices/pi-1/status',
          payload: bytes(`offline ${session}`),
          qos: 1,
          retain: true,
        }),
      })
      const first = await connection(device)
      const cut = disconnection(device)
      world.sever('pi-1')
      await cut
      const second = await connection(device)
      expect(second).to.be.above(first)
      await mailbox.first(1)
      expect(mailbox.texts).to.deep.equal([`offline ${first}`])
    })

    it('publishes no will when it is closed in order', async () => {
      const [watcher, mailbox] = await reader('cocoi/devices/+/status')
      const device = await client('pi-1', {
        will: () => ({
          topic: 'cocoi/devices/pi-1/status',
          payload: bytes('offline'),
          qos: 1,
          retain: true,
        }),
      })
      await device.publish('cocoi/devices/pi-1/status', bytes('stopped'), sure)
      await device.close()
      expect(device.connected).to.equal(false)
      await watcher.publish('cocoi/devices/pi-2/status', bytes('end'), sure)
      await mailbox.first(2)
      expect(mailbox.texts).to.deep.equal(['stopped', 'end'])
    })

    it('renews its subscriptions after a restart of the broker, before it says so', async () => {
      const [transport, mailbox] = await reader('cocoi/events')
      const lost = disconnection(transport)
      await world.stop()
      await lost
      const late = new Mailbox()
      const subscribed = transport.subscribe('cocoi/other', late.handler)
      await world.start()
      await connection(transport)
      await transport.publish('cocoi/events', bytes('after'), sure)
      await mailbox.first(1)
      await subscribed
      await transport.publish('cocoi/other', bytes('too'), sure)
      await late.first(1)
      expect([mailbox.texts, late.texts]).to.deep.equal([['after'], ['too']])
    })

    it('delivers nothing stale after an outage', async () => {
      const [, mailbox] = await reader('cocoi/events')
      const sender = await client('sender')
      const lost = disconnection(sender)
      await world.stop()
      await lost
      const dropped = await rejection(sender.publish('cocoi/events', bytes('qos 0'), soon))
      const expired = await rejection(
        sender.publish('cocoi/events', bytes('late'), { qos: 1, timeoutMs: 30 }),
      )
      const kept = sender.publish('cocoi/events', bytes('in time'), { qos: 1, timeoutMs: 20_000 })
      await world.start()
      // The reader must be back first, or the message has no subscriber.
      await kept.catch(() => {})
      await connection(sender)
      while (!mailbox.texts.includes('end')) {
        await sender.publish('cocoi/events', bytes('end'), sure)
      }
      expect([dropped.code, expired.code]).to.deep.equal([
        'ERR_NOT_CONNECTED',
        'ERR_PUBLISH_TIMEOUT',
      ])
      expect(mailbox.texts).not.to.include('qos 0')
      expect(mailbox.texts).not.to.include('late')
      await kept
    })

    it('sends an unacknowledged QoS 1 message again after the link was cut', async () => {
      const [, mailbox] = await reader('cocoi/events')
      const sender = await client('sender')
      const published = sender.publish('cocoi/events', bytes('must arrive'), sure)
      world.sever('sender')
      await published
      await mailbox.first(1)
      expect(new Set(mailbox.texts)).to.deep.equal(new Set(['must arrive']))
    })

    it('survives handlers and listeners that throw or reject, and reports them', async () => {
      const notices: Notice[] = []
      const transport = await client('reader', { onNotice: notice => notices.push(notice) })
      const mailbox = new Mailbox()
      await transport.subscribe('cocoi/events', () => {
        throw new Error('sync')
      })
      await transport.subscribe('cocoi/events', async () => {
        throw new Error('async')
      })
      await transport.subscribe('cocoi/events', mailbox.handler)
      transport.onConnect(() => {
        throw new Error('listener')
      })
      await transport.publish('cocoi/events', bytes('a'), sure)
      await transport.publish('cocoi/events', bytes('b'), sure)
      await mailbox.first(2)
      expect(transport.connected).to.equal(true)
      const failures = notices.filter(({ type }) => type === 'handler-failed')
      const named = ['listener', 'sync', 'async'].map(
        text => failures.filter(({ message }) => message.endsWith(`: ${text}`)).length,
      )
      expect(named).to.deep.equal([1, 2, 2])
    })

    it('carries a message larger than the broker takes, in parts, both ways', async () => {
      const a = await client('a', { maxPayloadBytes: 20_000 })
      const b = await client('b', { maxPayloadBytes: 33_333 })
      const large = Uint8Array.from({ length: 1_000_003 }, (_, index) => (index * 31) % 251)
      const there = new Mailbox()
      const back = new Mailbox()
      await b.subscribe('cocoi/there', (topic, payload) => {
        there.handler(topic, payload)
        void b.publish('cocoi/back', payload, { ...sure })
      })
      await a.subscribe('cocoi/back', back.handler, { qos: 1 })
      await a.publish('cocoi/there', large, soon)
      const [answer] = await back.first(1)
      expect(there.all).to.have.length(1)
      expect(Buffer.compare(answer!.payload, large)).to.equal(0)
    })

    it('refuses messages that receivers or the broker could not take', async () => {
      const limits = { maxPayloadBytes: 1000, maxMessageBytes: 5000, maxQueuedBytes: 9000 }
      const transport = await client('sender', limits)
      const retained = { ...sure, retain: true }
      const refusals = await Promise.all([
        rejection(transport.publish('cocoi/a', new Uint8Array(5001), soon)),
        rejection(transport.publish('cocoi/a', new Uint8Array(1001), retained)),
        transport.publish('cocoi/a', new Uint8Array(900), sure),
        rejection(
          Promise.all(
            Array.from({ length: 12 }, () =>
              transport.publish('cocoi/a', new Uint8Array(900), sure),
            ),
          ),
        ),
      ])
      const codes = refusals.map(refusal => refusal?.code)
      expect(codes).to.deep.equal(['ERR_TOO_LARGE', 'ERR_TOO_LARGE', undefined, 'ERR_QUEUE_FULL'])
    })

    it('ends everything pending when it is closed, and refuses more', async () => {
      const transport = await client('closing')
      const lost = disconnection(transport)
      await world.stop()
      await lost
      const pending = [
        rejection(transport.publish('cocoi/a', bytes('x'), sure)),
        rejection(transport.subscribe('cocoi/a', () => {})),
        rejection(whenConnected(transport, 20_000)),
      ]
      await transport.close()
      const later = [
        rejection(transport.publish('cocoi/a', bytes('x'), sure)),
        rejection(transport.subscribe('cocoi/a', () => {})),
        rejection(whenConnected(transport, 20_000)),
      ]
      const codes = (await Promise.all([...pending, ...later])).map(({ code }) => code)
      expect(new Set(codes)).to.deep.equal(new Set(['ERR_CLOSED']))
      await world.start()
    })
  })
}
