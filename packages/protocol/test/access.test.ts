import {
  type Identity,
  mayPublish,
  maySubscribe,
  type Role,
  readableFilters,
  TOPICS,
  type TopicKind,
} from '@cocoi/protocol'
import { expect } from 'chai'

const sha = 'a1'.repeat(32)
const roles: Role[] = ['device', 'coordinator', 'sensor', 'viewer']

/**
 * Who may do what, written down a second time by hand. `own` stands for the client's id and is
 * replaced by another one for the second question; "own" rights hold for the first only.
 */
const table: Record<TopicKind, { topics: string[]; write: string; read: string }> = {
  infer: { topics: ['infer/m/OWN', 'infer/m/OWN/r'], write: 'sensor:own', read: 'coordinator' },
  result: { topics: ['result/OWN', 'result/OWN/r'], write: 'coordinator', read: 'sensor:own' },
  cancel: { topics: ['cancel/OWN/r'], write: 'sensor:own', read: 'coordinator' },
  deviceStatus: { topics: ['devices/OWN/status'], write: 'device:own', read: 'all' },
  deviceHealth: { topics: ['devices/OWN/health'], write: 'device:own', read: 'all' },
  coordinatorStatus: { topics: ['coordinator/status'], write: 'coordinator', read: 'all' },
  coordinatorHealth: { topics: ['coordinator/health'], write: 'coordinator', read: 'all' },
  modelState: { topics: ['models/m'], write: 'coordinator', read: 'all' },
  events: { topics: ['events'], write: 'coordinator', read: 'all' },
  subtasks: { topics: ['devices/OWN/subtasks'], write: 'coordinator', read: 'device:own' },
  control: { topics: ['devices/OWN/control'], write: 'coordinator', read: 'device:own' },
  deviceResults: { topics: ['results/main/OWN'], write: 'device:own', read: 'nobody' },
  blobGet: { topics: [`blobs/main/${sha}/get/OWN`], write: 'device:own', read: 'nobody' },
  blobData: { topics: [`blobs/main/${sha}/data/OWN`], write: 'nobody', read: 'device:own' },
  probe: { topics: ['probes/OWN'], write: 'all:own', read: 'all:own' },
}

function expected(rule: string, role: Role, own: boolean): boolean {
  if (rule === 'all') return true
  if (rule === 'all:own') return own
  return rule === role || (rule === `${role}:own` && own)
}

const named = (topic: string, id: string) => `cocoi/${topic.replace('OWN', id)}`

describe('access rules', () => {
  it('are written down here for every kind of topic', () => {
    expect(Object.keys(table).sort()).to.deep.equal(Object.keys(TOPICS).sort())
  })

  for (const role of roles) {
    const me: Identity = { role, id: 'me' }

    it(`let a ${role} publish what the table says and nothing else`, () => {
      for (const { topics, write } of Object.values(table)) {
        for (const topic of topics) {
          for (const id of ['me', 'other']) {
            const own = !topic.includes('OWN') || id === 'me'
            const may = mayPublish(me, 'cocoi', named(topic, id))
            expect(may, `${role} to ${named(topic, id)}`).to.equal(expected(write, role, own))
          }
        }
      }
    })

    it(`let a ${role} read what the table says and nothing else`, () => {
      for (const { topics, read } of Object.values(table)) {
        for (const topic of topics) {
          for (const id of ['me', 'other', '+']) {
            const own = !topic.includes('OWN') || id === 'me'
            const may = maySubscribe(me, 'cocoi', named(topic, id))
            expect(may, `${role} from ${named(topic, id)}`).to.equal(expected(read, role, own))
          }
        }
      }
    })
  }

  it('list for every role what it may read, and that alone', () => {
    for (const role of roles) {
      const me: Identity = { role, id: 'me' }
      const filters = readableFilters(me, 'cocoi')
      for (const filter of filters) {
        expect(maySubscribe(me, 'cocoi', filter), `${role} ${filter}`).to.equal(true)
      }
      const everything = Object.values(table).filter(({ read }) => expected(read, role, true))
      const kinds = new Set(filters.map(filter => filter.split('/')[1]))
      for (const { topics } of everything) expect(kinds).to.include(topics[0]!.split('/')[0])
    }
    expect(readableFilters({ role: 'coordinator', id: 'me' }, 'cocoi')).to.include.members([
      ...['cocoi/infer/+/+/+', 'cocoi/results/me/+', 'cocoi/blobs/me/+/get/+', 'cocoi/probes/me'],
    ])
  })

  it('bind the topics of a coordinator to its own id', () => {
    const main: Identity = { role: 'coordinator', id: 'main' }
    const spare: Identity = { role: 'coordinator', id: 'spare' }
    for (const filter of ['results/main/+', 'results/main/pi-1', `blobs/main/+/get/+`]) {
      expect(maySubscribe(main, 'cocoi', `cocoi/${filter}`), filter).to.equal(true)
      expect(maySubscribe(spare, 'cocoi', `cocoi/${filter}`), filter).to.equal(false)
    }
    const data = `cocoi/blobs/main/${sha}/data/pi-1`
    expect(mayPublish(main, 'cocoi', data)).to.equal(true)
    expect(mayPublish(spare, 'cocoi', data)).to.equal(false)
  })

  it('let the coordinator read the requests and heartbeats of everybody at once', () => {
    const main: Identity = { role: 'coordinator', id: 'main' }
    for (const filter of ['infer/+/+', 'infer/+/+/+', 'cancel/+/+', 'devices/+/status']) {
      expect(maySubscribe(main, 'cocoi', `cocoi/${filter}`), filter).to.equal(true)
    }
  })

  it('refuse filters that no kind of topic has, to everybody', () => {
    const filters = ['#', '+', '+/+', 'cocoi/#', 'cocoi/+', 'cocoi/devices/#', 'cocoi/+/me/status']
    filters.push('$SYS/#', '$share/g/cocoi/events', 'cocoi/devices/me/+', 'other/events', 'cocoi')
    filters.push('cocoi/devices/me', 'cocoi/devices//status', 'cocoi/events/', '', 'cocoi/')
    filters.push('cocoi/blobs/me/+/+/me', 'cocoi/devices/m+/status', 'cocoi/infer/+/#')
    for (const role of roles) {
      for (const filter of filters) {
        const may = maySubscribe({ role, id: 'me' }, 'cocoi', filter)
        expect(may, `${role} from ${filter}`).to.equal(false)
      }
    }
  })

  it('refuse to publish to wildcards, other bases and system topics', () => {
    for (const topic of [
      'cocoi/devices/+/status',
      '$SYS/x',
      'devices/me/status',
      'x/devices/me/status',
    ]) {
      expect(mayPublish({ role: 'device', id: 'me' }, 'cocoi', topic), topic).to.equal(false)
    }
    expect(mayPublish({ role: 'device', id: '+' }, 'cocoi', 'cocoi/devices/+/status')).to.equal(
      false,
    )
  })

  it('never give a client with a strange id more than its own', () => {
    for (const id of ['+', '#', '', 'a/b']) {
      for (const role of ['device', 'sensor'] as const) {
        const me = { role, id }
        for (const topic of ['devices/OWN/control', 'result/OWN', 'probes/OWN']) {
          expect(maySubscribe(me, 'cocoi', named(topic, id)), `${role} ${id}`).to.equal(false)
          expect(maySubscribe(me, 'cocoi', named(topic, 'pi-1')), `${role} ${id}`).to.equal(false)
        }
      }
    }
  })
})
