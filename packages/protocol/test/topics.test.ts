import { ProtocolError, parseTopic, TOPICS, type TopicKind, topics } from '@cocoi/protocol'
import { expect } from 'chai'
import { pick, seeded } from './seeded.ts'

const sha256 = 'a1'.repeat(32)

/** Every kind with ids, and the topic they make below "cocoi". */
const examples: [kind: TopicKind, ids: Record<string, string>, topic: string][] = [
  ['infer', { model: 'm', client: 'c' }, 'infer/m/c'],
  ['infer', { model: 'm', client: 'c', request: 'r1' }, 'infer/m/c/r1'],
  ['result', { client: 'c' }, 'result/c'],
  ['result', { client: 'c', request: 'r1' }, 'result/c/r1'],
  ['cancel', { client: 'c', request: 'r1' }, 'cancel/c/r1'],
  ['deviceStatus', { device: 'pi-1' }, 'devices/pi-1/status'],
  ['deviceHealth', { device: 'pi-1' }, 'devices/pi-1/health'],
  ['coordinatorStatus', {}, 'coordinator/status'],
  ['coordinatorHealth', {}, 'coordinator/health'],
  ['modelState', { model: 'm' }, 'models/m'],
  ['events', {}, 'events'],
  ['subtasks', { device: 'pi-1' }, 'devices/pi-1/subtasks'],
  ['control', { device: 'pi-1' }, 'devices/pi-1/control'],
  ['deviceResults', { coordinator: 'main', device: 'pi-1' }, 'results/main/pi-1'],
  ['blobGet', { coordinator: 'main', sha256, device: 'pi-1' }, `blobs/main/${sha256}/get/pi-1`],
  ['blobData', { coordinator: 'main', sha256, device: 'pi-1' }, `blobs/main/${sha256}/data/pi-1`],
  ['probe', { client: 'c' }, 'probes/c'],
]

type Build = (ids: Record<string, string>) => string
type Filters = (kind: TopicKind, ids?: Record<string, string>) => string[]

const build = (kind: TopicKind, ids: Record<string, string>, base?: string) =>
  (topics(base)[kind] as Build)(ids)
const filters = (kind: TopicKind, ids?: Record<string, string>, base?: string) =>
  (topics(base).filters as Filters)(kind, ids)

/** MQTT 3.1.1 §4.7, without `#`. */
function matches(filter: string, topic: string): boolean {
  const [parts, levels] = [filter.split('/'), topic.split('/')]
  return parts.length === levels.length && parts.every((p, i) => p === '+' || p === levels[i])
}

describe('topics', () => {
  it('have an example here for every kind', () => {
    expect(new Set(examples.map(([kind]) => kind))).to.deep.equal(new Set(Object.keys(TOPICS)))
  })

  it('are built and taken apart again below any base', () => {
    for (const base of ['cocoi', 'home/kitchen', 'a/b/c']) {
      for (const [kind, ids, topic] of examples) {
        expect(build(kind, ids, base)).to.equal(`${base}/${topic}`)
        expect(parseTopic(base, `${base}/${topic}`)).to.deep.equal({ kind, ...ids })
        expect(topics(base).parse(`${base}/${topic}`)).to.deep.equal({ kind, ...ids })
      }
    }
  })

  it('of a kind are matched by its filters, those of other kinds are not', () => {
    for (const [kind] of examples) {
      for (const [other, ids] of examples) {
        const topic = build(other, ids)
        const matched = filters(kind).some(filter => matches(filter, topic))
        expect(matched, `${kind} filter, ${topic}`).to.equal(kind === other)
      }
    }
  })

  it('are filtered by the ids that are given', () => {
    expect(filters('infer')).to.deep.equal(['cocoi/infer/+/+', 'cocoi/infer/+/+/+'])
    expect(filters('result', { client: 'c' })).to.deep.equal(['cocoi/result/c', 'cocoi/result/c/+'])
    expect(filters('blobGet', { coordinator: 'main' })).to.deep.equal(['cocoi/blobs/main/+/get/+'])
    expect(filters('events')).to.deep.equal(['cocoi/events'])
    expect(() => filters('control', { device: 'a/b' })).to.throw(ProtocolError)
  })

  it('hold no identifier that could add a level or match more', () => {
    const bad = [
      '',
      'a/b',
      '+',
      '#',
      'a+',
      '$SYS',
      'a b',
      'ä',
      '-a',
      '_a',
      'a\n',
      'a\u0000',
      '../a',
    ]
    bad.push('x'.repeat(65))
    for (const id of bad) {
      expect(() => build('deviceStatus', { device: id }), JSON.stringify(id))
        .to.throw(ProtocolError)
        .with.property('code', 'ERR_BAD_IDENTIFIER')
      expect(parseTopic('cocoi', `cocoi/devices/${id}/status`)).to.equal(undefined)
    }
    expect(build('deviceStatus', { device: 'x'.repeat(64) })).to.include('x'.repeat(64))
    for (const wrong of ['a1'.repeat(31), sha256.toUpperCase(), `${sha256}0`]) {
      const ids = { coordinator: 'main', sha256: wrong, device: 'd' }
      expect(() => build('blobGet', ids)).to.throw(ProtocolError)
    }
  })

  it('have a base of ordinary levels', () => {
    for (const base of ['', '/', 'a/', '/a', 'a//b', '+', 'a/#', '$SYS', 'a/$b', 'a\u0000']) {
      expect(() => topics(base), JSON.stringify(base))
        .to.throw(ProtocolError)
        .with.property('code', 'ERR_BAD_TOPIC')
    }
  })

  it('that are not ours are none, whatever they are made of', () => {
    const random = seeded(1)
    const words = ['cocoi', 'infer', 'devices', 'status', 'results', 'blobs', 'get', 'events']
    words.push('', '+', '#', '$SYS', 'pi-1', sha256, 'coordinator', 'x'.repeat(70))
    let known = 0
    for (let i = 0; i < 20_000; i++) {
      const length = 1 + Math.floor(random() * 7)
      const topic = Array.from({ length }, () => pick(random, words)).join('/')
      const parsed = parseTopic('cocoi', topic)
      if (!parsed) continue
      known++
      const { kind, ...ids } = parsed
      expect(build(kind, ids)).to.equal(topic)
    }
    expect(known).to.be.above(10)
    for (const topic of [
      'cocoi',
      'cocoi/',
      'cocoi2/events',
      'events',
      '/cocoi/events',
      'COCOI/events',
    ]) {
      expect(parseTopic('cocoi', topic), topic).to.equal(undefined)
    }
  })
})
