import { type AgentConnections, openAgentConnections, whenConnected } from '@cocoi/transport'
import { expect } from 'chai'
import { bytes, Mailbox } from './mailbox.ts'
import { type MqttWorld, mqttWorld } from './mqtt-world.ts'
import { startRelay } from './relay.ts'

const HEALTH = 'cocoi/devices/pi-1/health'
const loose = { qos: 0, timeoutMs: 20_000 } as const

describe('heartbeats beside tensors', () => {
  let world: MqttWorld
  let mailbox: Mailbox

  beforeEach(async () => {
    world = await mqttWorld()
    const watcher = await world.connect({ clientId: 'watcher' })
    mailbox = new Mailbox()
    await watcher.subscribe(HEALTH, mailbox.handler, { qos: 1 })
  })
  afterEach(() => world.close())

  async function agent(port: number): Promise<AgentConnections> {
    const connections = openAgentConnections({
      access: { url: `mqtt://127.0.0.1:${port}` },
      id: 'pi-1',
      will: () => ({ topic: HEALTH, payload: bytes('gone'), qos: 1, retain: true }),
    })
    await whenConnected(connections.control, 5000)
    await whenConnected(connections.data, 5000)
    return connections
  }

  it('do not wait behind a tensor that takes long to send', async () => {
    const relay = await startRelay(() => world.port, { bytesPerSecond: 8_000_000 })
    const { control, data } = await agent(relay.port)
    let sent = false
    const tensor = data
      .publish('cocoi/results/main/pi-1', new Uint8Array(16_000_000), loose)
      .then(() => {
        sent = true
      })
    let arrived = 0
    while (!sent) {
      await control.publish(HEALTH, bytes(`${arrived}`), { ...loose, retain: true })
      await mailbox.first(arrived + 1)
      arrived += 1
    }
    await tensor
    // Behind the tensor the first of them would have come last.
    expect(arrived).to.be.above(10)
    expect(mailbox.texts).to.deep.equal(Array.from({ length: arrived }, (_, i) => `${i}`))
    await Promise.all([control.close(), data.close()])
    await relay.close()
  })

  it('are not lost among messages of lesser quality on one connection', async () => {
    const sender = await world.connect({ clientId: 'sender' })
    const reader = await world.connect({ clientId: 'reader' })
    const [beats, data] = [new Mailbox(), new Mailbox()]
    await reader.subscribe(HEALTH, beats.handler, { qos: 1 })
    await reader.subscribe('cocoi/data', data.handler)
    const sendings: Promise<void>[] = []
    for (let count = 0; count < 100; count += 1) {
      const beat = { qos: 1, retain: true, timeoutMs: 20_000 } as const
      sendings.push(sender.publish(HEALTH, bytes(`${count}`), beat))
      for (let n = 0; n < 10; n += 1) {
        sendings.push(sender.publish('cocoi/data', new Uint8Array(1000), loose))
      }
    }
    await Promise.all(sendings)
    await beats.first(100)
    await data.first(1000)
    expect(beats.texts).to.deep.equal(Array.from({ length: 100 }, (_, i) => `${i}`))
  })
})
