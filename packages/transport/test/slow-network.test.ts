import { Authority } from '@cocoi/cli'
import {
  connectMqtt,
  type MqttOptions,
  type Notice,
  type Transport,
  whenConnected,
} from '@cocoi/transport'
import { expect } from 'chai'
import { testBroker } from '../../../broker/test/brokers.ts'
import { bytes, disconnection, Mailbox, rejection } from './mailbox.ts'
import { type MqttWorld, mqttWorld } from './mqtt-world.ts'
import { startRelay } from './relay.ts'

/** Seconds after which a silent client is cut off: half as long as the transfers here take. */
const keepaliveS = 2
const bytesPerSecond = 4_000_000
const transfer = new Uint8Array(18_000_000).fill(7)
const slow = { bytesPerSecond }

describe('a connection in the middle of a long transfer', () => {
  let world: MqttWorld
  const notices: Notice[] = []

  beforeEach(async () => {
    notices.length = 0
    world = await mqttWorld()
  })
  afterEach(() => world.close())

  async function client(
    clientId: string,
    network?: { bytesPerSecond: number },
    options: Partial<MqttOptions> = {},
  ): Promise<Transport> {
    const transport = await world.connect(
      {
        ...{ clientId, keepaliveS, maxPayloadBytes: 32_000_000 },
        onNotice: notice => notices.push(notice),
        ...options,
      },
      network,
    )
    await whenConnected(transport, 5000)
    return transport
  }

  const disconnections = () => notices.filter(({ type }) => type !== 'connected')

  it('is given up neither by the client nor by the broker, whichever way it goes', async () => {
    const [sender, reader] = [await client('sender'), await client('reader', slow)]
    const [slowSender, sureSender] = [
      await client('slow-sender', slow),
      await client('sure-sender', slow),
    ]
    const [quick, other] = [await client('quick'), await client('other')]
    const mailboxes = [new Mailbox(), new Mailbox(), new Mailbox()] as const
    const [down, up, sure] = mailboxes
    await reader.subscribe('cocoi/down', down.handler)
    await quick.subscribe('cocoi/up', up.handler)
    await other.subscribe('cocoi/sure', sure.handler)
    const options = { qos: 0, timeoutMs: 25_000 } as const
    await Promise.all([
      sender.publish('cocoi/down', transfer, options),
      slowSender.publish('cocoi/up', transfer, options),
      sureSender.publish('cocoi/sure', transfer, { ...options, qos: 1 }),
      ...mailboxes.map(mailbox => mailbox.first(1)),
    ])
    expect(disconnections()).to.deep.equal([])
    expect(down.all[0]!.payload).to.have.length(transfer.length)
  })

  it('is not given up when it is encrypted either', async () => {
    const { authority, files } = await Authority.create()
    const { cert, key } = await authority.issueServer(['localhost', '127.0.0.1'])
    const broker = await testBroker({
      tls: { host: '127.0.0.1', port: 0, cert: Buffer.from(cert), key: Buffer.from(key) },
      limits: { maxPacketBytes: 32_000_000 },
    })
    const relay = await startRelay(() => broker.tlsPort!, slow)
    const sender = connectMqtt({
      ...{ url: `mqtts://127.0.0.1:${relay.port}`, ca: Buffer.from(files.cert) },
      ...{ clientId: 'sender', keepaliveS, maxPayloadBytes: 32_000_000 },
      onNotice: notice => notices.push(notice),
    })
    await whenConnected(sender, 5000)
    await sender.publish('cocoi/up', transfer, { qos: 1, timeoutMs: 25_000 })
    expect(disconnections()).to.deep.equal([])
    await sender.close()
    await relay.close()
    await broker.close()
  })

  it('grants a subscription behind it', async () => {
    const sender = await client('sender')
    const reader = await client('reader', slow, { connectTimeoutMs: 500 })
    const mailbox = new Mailbox()
    await reader.subscribe('cocoi/down', mailbox.handler)
    const brief = transfer.subarray(0, 8_000_000)
    await sender.publish('cocoi/down', brief, { qos: 0, timeoutMs: 20_000 })
    await reader.subscribe('cocoi/other', mailbox.handler)
    await mailbox.first(1)
    expect(disconnections()).to.deep.equal([])
  })

  it('is given up when the network dies', async () => {
    const sender = await client('sender', slow, { keepaliveS: 1 })
    const lost = disconnection(sender)
    const published = rejection(sender.publish('cocoi/up', transfer, { qos: 0, timeoutMs: 25_000 }))
    world.relay('sender').stall()
    await lost
    expect((await published).code).to.equal('ERR_NOT_CONNECTED')
  })
})

describe('a connection whose network dies', () => {
  it('is given up although the system still takes what is sent', async () => {
    const world = await mqttWorld()
    const sender = await world.connect({ clientId: 'sender', keepaliveS: 1 })
    await whenConnected(sender, 5000)
    let lost = false
    const loss = disconnection(sender).then(() => {
      lost = true
    })
    world.relay('sender').stall()
    while (!lost) {
      // As heartbeats are: each is taken by the system, which knows nothing of the network.
      await sender.publish('cocoi/a', bytes('beat'), { qos: 0, timeoutMs: 1000 }).catch(() => {})
      await new Promise(setImmediate)
    }
    await loss
    await world.close()
  })
})
