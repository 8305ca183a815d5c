import { type Role, TOPICS } from '@cocoi/protocol'
import { expect } from 'chai'
import { SECRET, type TestBroker, testBroker } from './brokers.ts'
import { expand } from './expand.ts'
import { publishPacket } from './packets.ts'
import { PUBACK, RawClient } from './raw-client.ts'

const SHA = 'a'.repeat(64)

/** Own and foreign values of every identifier. */
const IDS: Readonly<Record<string, readonly string[]>> = {
  model: ['vgg16'],
  client: ['cam', 'eve'],
  request: ['r1'],
  device: ['pi-1', 'pi-2'],
  coordinator: ['main', 'other'],
  sha256: [SHA],
}

/** Every topic of the table, each with own and with foreign identifiers, below the base. */
const FROM_TABLE = Object.values(TOPICS).flatMap(({ pattern }) => {
  const full = pattern.replace(/<(\w+)\??>/g, (_, id: string) => `{${IDS[id]!.join(',')}}`)
  return pattern.endsWith('?>') ? expand(full, full.replace(/\/[^/]*$/, '')) : expand(full)
})
/** Everybody may probe, not clients alone. */
const TABLE = [...FROM_TABLE, ...expand('probes/{pi-1,main,wall}')]

/** What is none of ours, and must not be used to smuggle something in or out. */
const STRANGE_TOPICS = [
  ...['cocoi', 'cocoi/', '/cocoi/events', 'cocoi/events/', 'cocoi//events', 'Cocoi/events'],
  ...['cocoi/devices/pi-1', 'cocoi/devices/pi-1/status/x', 'cocoi/devices/PI-1/status'],
  ...['cocoi/devices/pi-1\u0000/status', 'cocoi/devices/ pi-1/status', 'cocoi/devices//status'],
  ...['cocoi/infer/vgg16/cam/r1/x', `cocoi/blobs/main/${SHA.toUpperCase()}/get/pi-1`],
  ...['other/events', '$SYS/broker/load', '$share/g/cocoi/events', '$cocoi/events', '$'],
]
const STRANGE_FILTERS = [
  ...['#', '+', '+/#', '+/+', '/#', 'cocoi/#', 'cocoi/+', 'cocoi/+/#', '+/events', 'cocoi/+/+'],
  ...['cocoi/devices/#', 'cocoi/devices/pi-1/#', 'cocoi/devices/pi-1/+', 'cocoi/devices/+/+'],
  ...['cocoi/result/cam/#', 'cocoi/result/+/r1', 'cocoi/events/#', 'cocoi/+/cam', 'cocoi/+/main/+'],
  ...['$SYS/#', '$SYS/+', '$share/g/#', '$share/g/cocoi/events', '$queue/cocoi/events', '+/+/#'],
]

/** Written by hand, not derived from the table: it must say the same. */
const STATES = [
  'devices/{pi-1,pi-2}/{status,health}',
  'coordinator/{status,health}',
  'models/vgg16',
]
const RIGHTS: Readonly<Record<Role, { user: string; publish: string[]; read: string[] }>> = {
  device: {
    user: 'pi-1',
    publish: [
      'devices/pi-1/{status,health}',
      'results/{main,other}/pi-1',
      `blobs/{main,other}/${SHA}/get/pi-1`,
      'probes/pi-1',
    ],
    read: [
      ...STATES,
      'events',
      'devices/pi-1/{subtasks,control}',
      `blobs/{main,other}/${SHA}/data/pi-1`,
      'probes/pi-1',
    ],
  },
  coordinator: {
    user: 'main',
    publish: [
      'result/{cam,eve}',
      'result/{cam,eve}/r1',
      'coordinator/{status,health}',
      'models/vgg16',
      'events',
      'devices/{pi-1,pi-2}/{subtasks,control}',
      `blobs/main/${SHA}/data/{pi-1,pi-2}`,
      'probes/main',
    ],
    read: [
      ...STATES,
      'events',
      'infer/vgg16/{cam,eve}',
      'infer/vgg16/{cam,eve}/r1',
      'cancel/{cam,eve}/r1',
      'results/main/{pi-1,pi-2}',
      `blobs/main/${SHA}/get/{pi-1,pi-2}`,
      'probes/main',
    ],
  },
  sensor: {
    user: 'cam',
    publish: ['infer/vgg16/cam', 'infer/vgg16/cam/r1', 'cancel/cam/r1', 'probes/cam'],
    read: [...STATES, 'events', 'result/cam', 'result/cam/r1', 'probes/cam'],
  },
  viewer: { user: 'wall', publish: ['probes/wall'], read: [...STATES, 'events', 'probes/wall'] },
}
const RETAINED = expand(...STATES)

const below = (topic: string) => `cocoi/${topic}`

/** The filter and all that have `+` in place of some of its levels. */
function widened(topic: string): string[] {
  const levels = topic.split('/')
  return expand(levels.map(level => `{${level},+}`).join('/'))
}

/** The topics of the table that a filter matches, MQTT 3.1.1 section 4.7. */
function matches(filter: string, topics: readonly string[]): string[] {
  const wanted = filter.split('/')
  return topics.filter(topic => {
    const levels = topic.split('/')
    if (wanted.at(-1) !== '#' && levels.length !== wanted.length) return false
    return wanted.every((want, i) => want === '#' || want === '+' || want === levels[i])
  })
}

for (const [role, { user, publish, read }] of Object.entries(RIGHTS)) {
  describe(`a hostile ${role}`, () => {
    const mayPublish = expand(...publish).map(below)
    const mayRead = expand(...read).map(below)
    const attempts = [...TABLE.map(below), ...STRANGE_TOPICS]
    let broker: TestBroker
    let watcher: RawClient

    beforeEach(async () => {
      broker = await testBroker({ limits: { maxSubscriptionsPerClient: 10_000 } })
      ;[watcher] = await RawClient.login(broker.port, { clientId: 'watcher' })
      await watcher.subscribe('cocoi/#')
    })
    afterEach(() => broker.close())

    async function login(will?: { topic: string; payload: string; retain?: boolean }) {
      const fields = { username: user, password: SECRET, clientId: user, ...(will && { will }) }
      const [client, code] = await RawClient.login(broker.port, fields)
      if (!will) expect(code).to.equal(0)
      return { client, code }
    }

    /** Whether the broker took the message; it hangs up if not. */
    async function published(topic: string, retain: boolean): Promise<boolean> {
      const { client } = await login()
      client.send(publishPacket(topic, topic, { qos: 1, retain }))
      const taken = (await client.next(PUBACK)) !== undefined
      client.socket.destroy()
      return taken
    }

    /** What came through until now. */
    async function seen(): Promise<string[]> {
      const [end] = await RawClient.login(broker.port, { clientId: 'end' })
      end.send(publishPacket('cocoi/end', 'end'))
      const messages: string[] = []
      for (;;) {
        const message = await watcher.message()
        if (message === undefined || message === 'end') return messages
        messages.push(message)
      }
    }

    for (const retain of [false, true]) {
      it(`publishes its own topics only, ${retain ? '' : 'not '}retained`, async () => {
        const expected = mayPublish.filter(topic => !retain || RETAINED.includes(topic.slice(6)))
        const taken: string[] = []
        for (const topic of attempts) if (await published(topic, retain)) taken.push(topic)
        expect(taken).to.have.members(expected)
        expect(await seen()).to.have.members(expected)
      })
    }

    it('leaves a will to its own topics only', async () => {
      const taken: string[] = []
      for (const topic of attempts) {
        const { client, code } = await login({ topic, payload: topic })
        if (code === 0) taken.push(topic)
        else expect(code, topic).to.equal(5)
        client.socket.resetAndDestroy()
        await client.closed
      }
      expect(taken).to.have.members(mayPublish)
      const wills = new Set(await seen())
      expect([...wills].filter(topic => !mayPublish.includes(topic))).to.deep.equal([])
    })

    it('subscribes to what it may read only, and gets nothing else', async () => {
      const filters = new Set([...TABLE.map(below).flatMap(widened), ...STRANGE_FILTERS])
      const { client } = await login()
      const granted: string[] = []
      for (const filter of filters) {
        const [code] = await client.subscribe(filter)
        expect(code, filter).to.be.oneOf([0, 128])
        if (code === 0) granted.push(filter)
      }
      expect(granted).to.include.members(mayRead)
      for (const filter of granted) {
        expect(mayRead, filter).to.include.members(matches(filter, TABLE.map(below)))
      }
      const [local] = await RawClient.login(broker.port, { clientId: 'local' })
      for (const topic of TABLE.map(below)) local.send(publishPacket(topic, topic))
      local.send(publishPacket('cocoi/models/end', 'end'))
      const received = new Set<string | undefined>()
      for (let message = await client.message(); message !== 'end'; ) {
        received.add(message)
        message = await client.message()
      }
      expect([...received]).to.have.members(mayRead)
    })

    it('cannot connect, or be taken for connected, as anybody else', async () => {
      const others = ['pi-1', 'pi-2', 'pi', 'main', 'cam', 'wall', 'watcher', '+', '#']
      for (const clientId of others.filter(one => one !== user)) {
        const fields = { username: user, password: SECRET, clientId }
        const [, code] = await RawClient.login(broker.port, fields)
        expect(code, clientId).to.equal(2)
      }
      expect(await seen()).to.deep.equal([])
    })
  })
}
