import { expect } from 'chai'
import { SECRET, type TestBroker, testBroker } from './brokers.ts'
import { publishPacket } from './packets.ts'
import { PUBACK, RawClient } from './raw-client.ts'

const REFUSED = 128

describe('access at the broker', () => {
  let broker: TestBroker

  beforeEach(async () => {
    broker = await testBroker()
  })
  afterEach(() => broker.close())

  async function user(username: string): Promise<RawClient> {
    const [client, code] = await RawClient.login(broker.port, {
      username,
      password: SECRET,
      clientId: username,
    })
    expect(code).to.equal(0)
    return client
  }

  async function watcher(filter: string): Promise<RawClient> {
    const [client] = await RawClient.login(broker.port, { clientId: 'watcher' })
    expect(await client.subscribe(filter)).to.deep.equal([0])
    return client
  }

  it('lets a device publish its own status and hangs up when it speaks for another', async () => {
    const all = await watcher('cocoi/#')
    const device = await user('pi-1')
    device.send(publishPacket('cocoi/devices/pi-1/status', 'mine', { qos: 1, retain: true }))
    expect(await device.next(PUBACK)).not.to.equal(undefined)
    device.send(publishPacket('cocoi/devices/pi-2/status', 'forged'))
    await device.closed
    all.send(publishPacket('cocoi/events', 'end'))
    expect([await all.message(), await all.message()]).to.deep.equal(['mine', 'end'])
    expect(broker.events).to.deep.include({
      type: 'refused',
      client: 'pi-1',
      topic: 'cocoi/devices/pi-2/status',
      reason: 'not a topic of this client',
    })
  })

  it('grants the filters of a role and refuses wider ones, one by one', async () => {
    const device = await user('pi-1')
    const codes = await device.subscribe(
      'cocoi/devices/pi-1/subtasks',
      'cocoi/devices/pi-2/subtasks',
      'cocoi/devices/+/subtasks',
      'cocoi/devices/+/status',
      '#',
      '$SYS/#',
      '$share/g/cocoi/events',
    )
    const wide = Array(3).fill(REFUSED)
    expect(codes).to.deep.equal([0, REFUSED, REFUSED, 0, ...wide])
  })

  it('lets local clients without a name do anything below the base, and nothing else', async () => {
    const local = await watcher('cocoi/+/anything')
    const filters = ['#', '+/devices', '$SYS/#', '$share/g/cocoi/a', 'cocoi', 'other/a']
    expect(await local.subscribe(...filters)).to.deep.equal(Array(6).fill(REFUSED))
    for (const topic of ['$SYS/broker/load', 'other/a', 'cocoi']) {
      const [client] = await RawClient.login(broker.port, { clientId: 'stray' })
      client.send(publishPacket(topic, 'x'))
      await client.closed
    }
  })

  it('refuses a will the client may not publish, at login, and never delivers it', async () => {
    const all = await watcher('cocoi/#')
    const topics = ['cocoi/devices/pi-2/status', '$SYS/x', 'cocoi/devices/+/status', '', 'cocoi/\0']
    for (const topic of topics) {
      const [client, code] = await RawClient.login(broker.port, {
        username: 'pi-1',
        password: SECRET,
        clientId: 'pi-1',
        will: { topic, payload: 'forged', retain: true },
      })
      expect(code, topic).to.equal(5)
      client.socket.resetAndDestroy()
    }
    const [device, code] = await RawClient.login(broker.port, {
      username: 'pi-1',
      password: SECRET,
      clientId: 'pi-1',
      will: { topic: 'cocoi/devices/pi-1/status', payload: 'offline', retain: true },
    })
    expect(code).to.equal(0)
    device.socket.resetAndDestroy()
    expect(await all.message()).to.equal('offline')
  })

  it('keeps no message of a user where the protocol retains none', async () => {
    const sensor = await user('cam')
    sensor.send(publishPacket('cocoi/infer/vgg16/cam', 'jpeg', { retain: true }))
    await sensor.closed
    expect(broker.reasons()).to.deep.equal(['messages to this topic are not retained'])
  })

  it('survives topics and filters no honest client sends, and delivers none', async () => {
    const all = await watcher('cocoi/#')
    const hostile = [
      '',
      'cocoi/\0',
      'cocoi/a\u0007',
      'cocoi/+/a',
      'cocoi/#',
      `cocoi/${'a/'.repeat(300)}`,
      `cocoi/${'a'.repeat(60_000)}`,
      Buffer.from([0x63, 0x6f, 0x63, 0x6f, 0x69, 0x2f, 0xff, 0xfe]),
      Buffer.from([0x63, 0x6f, 0x63, 0x6f, 0x69, 0x2f, 0xed, 0xa0, 0x80]),
    ]
    for (const topic of hostile) {
      const [sender] = await RawClient.login(broker.port, { clientId: 'hostile' })
      sender.send(publishPacket(topic, 'hostile'))
      await sender.closed
      if (typeof topic === 'string' && /[+#]/.test(topic)) continue
      const [reader] = await RawClient.login(broker.port, { clientId: 'hostile' })
      const codes = await reader.subscribe(topic)
      expect(codes, 'refused, or hung up').to.satisfy(
        ([code]: number[]) => !code || code === REFUSED,
      )
      expect(codes).not.to.include(0)
    }
    all.send(publishPacket('cocoi/events', 'end'))
    expect(await all.message()).to.equal('end')
  })
})
