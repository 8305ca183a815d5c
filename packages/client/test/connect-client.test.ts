import { type Broker, startBroker } from '@cocoi/broker'
import { clientOver, connectClient } from '@cocoi/client'
import { connectMqtt, MemoryBroker } from '@cocoi/transport'
import { expect } from 'chai'
import { Coordinator } from './coordinator.ts'
import { Inbox } from './inbox.ts'
import { rejection } from './rejection.ts'

const MIB = 1024 * 1024
const base = 'home/cocoi'

/** Every user may log in, and is a sensor, except for the coordinator. */
async function authenticate(name: string) {
  if (name === 'main') return { role: 'coordinator', id: 'main' } as const
  return { role: 'sensor', id: name } as const
}

/** A broker that lets nobody in without a name, and tells who leaves. */
function startGuardedBroker(gone: (client: string | undefined) => void): Promise<Broker> {
  return startBroker({
    ...{ host: '127.0.0.1', port: 0, base, anonymous: 'never', authenticate },
    limits: {
      maxPacketBytes: MIB,
      maxPacketBytesBeforeLogin: 8192,
      maxQueuedBytesPerClient: 32 * MIB,
      maxConnections: 10,
      maxSubscriptionsPerClient: 10,
      connectTimeoutMs: 5000,
    },
    onEvent: ({ type, client }) => {
      if (type === 'client-gone') gone(client)
    },
  })
}

describe('a client over MQTT', () => {
  let broker: Broker
  let gone: Inbox<string | undefined>

  beforeEach(async () => {
    gone = new Inbox()
    broker = await startGuardedBroker(gone.put)
  })
  afterEach(() => broker.close())

  const login = () => ({
    ...{ url: `mqtt://127.0.0.1:${broker.port}`, maxPayloadBytes: MIB / 2 },
    ...{ password: 'x' },
  })
  const connect = () => connectClient({ ...login(), id: 'camera', username: 'camera', base })

  it('infers with the rights of a sensor, a large image in parts', async () => {
    const main = connectMqtt({ ...login(), clientId: 'main', username: 'main', keepaliveS: 60 })
    const coordinator = await Coordinator.start(main, base)
    const client = await connect()
    try {
      const image = new Uint8Array(2 * MIB).fill(0xff)
      const answer = client.infer('vgg16', { image })
      const received = await coordinator.requests.next()
      expect('image' in received && received.image.length).to.equal(2 * MIB)
      await coordinator.answer(received)
      expect((await answer).request).to.equal(received.request)
    } finally {
      await client.close()
      await main.close()
    }
  })

  it('does not cut off another one of the same name', async () => {
    const [first, second] = [await connect(), await connect()]
    await first.close()
    await second.close()
    const [one, other] = [await gone.next(), await gone.next()]
    expect(one).to.match(/^camera:/)
    expect(other).to.match(/^camera:/)
    expect(one).not.to.equal(other)
  })
})

describe('connectClient', () => {
  it('rejects when no broker answers, and closes the transport', async () => {
    const broker = new MemoryBroker()
    broker.stop()
    const transport = broker.connect({ clientId: 'camera' })
    const failed = await rejection(clientOver(transport, { id: 'camera', connectTimeoutMs: 10 }))
    expect(failed.code).to.equal('ERR_BROKER_UNREACHABLE')
    const closed = await rejection(transport.subscribe('cocoi/events', () => {}))
    expect(closed.code).to.equal('ERR_CLOSED')
  })

  it('refuses an id and a base that cannot stand in a topic', async () => {
    const url = 'mqtt://127.0.0.1:1'
    const failed = await rejection(connectClient({ id: 'a/b', url }))
    expect(failed.code).to.equal('ERR_BAD_IDENTIFIER')
    const misplaced = await rejection(connectClient({ id: 'camera', url, base: 'a//b' }))
    expect(misplaced.code).to.equal('ERR_BAD_TOPIC')
  })
})
