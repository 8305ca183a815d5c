import {
  Drops,
  encodeBlobGet,
  encodeControl,
  encodeCoordinatorHealth,
  encodeDeviceHealth,
  encodeEvent,
  encodeModelState,
  encodeStatus,
  isWorthLogging,
  ProtocolError,
  parseBlobGet,
  parseControl,
  parseCoordinatorHealth,
  parseDeviceHealth,
  parseEvent,
  parseModelState,
  parseStatus,
} from '@cocoi/protocol'
import { expect } from 'chai'
import { mutate, randomBytes, seeded } from './seeded.ts'

const work = { flops: 1e9, bytes: 1e6 }
const linear = { kind: 'linear', id: 0, outputs: ['y'], axis: 'rows', length: 3, work } as const
const speed = {
  ...{ flopsPerS: 5e9, memoryBytesPerS: 1e9, perRunMs: 0.5, straggling: 0.1, samples: 7 },
  ...{ slowness: [1, 1.5, 4], distance: 0.2 },
}
const plan = {
  id: 'p1',
  coordinator: 'main',
  model: 'a1'.repeat(32),
  transport: 'float16',
  stages: [linear, { kind: 'whole', id: 1 }],
} as const

/** Each message that is not an inference: a sound one, and its parser. */
const messages: Record<string, [bytes: Uint8Array, parse: (bytes: Uint8Array) => unknown]> = {
  status: [
    encodeStatus({ state: 'online', session: 5, since: '2026-01-02T03:04:05.678Z' }),
    parseStatus,
  ],
  deviceHealth: [
    encodeDeviceHealth({
      session: 5,
      seq: 1,
      uptimeS: 3.5,
      memory: { rssBytes: 1, freeBytes: 2 },
      queue: { waiting: 0, running: 1 },
      subtasks: { done: 9, failed: 0, cancelled: 1, expired: 0 },
      eventLoopLagMs: 0.5,
      profile: speed,
    }),
    parseDeviceHealth,
  ],
  coordinatorHealth: [
    encodeCoordinatorHealth({
      session: 5,
      seq: 1,
      devices: { online: 3, suspect: 0 },
      spare: -1,
      inferences: { running: 0, waiting: 0, done: 0, failed: 0, superseded: 0 },
      eventLoopLagMs: 0,
      dropped: 0,
      goal: 'throughput',
      profile: speed,
      ways: {
        shared: { bytesPerS: 1e8, perMessageMs: 0.4 },
        links: { 'pi-1': { bytesPerS: 1e10, latencyMs: 1, delayMs: 0 } },
      },
    }),
    parseCoordinatorHealth,
  ],
  event: [
    encodeEvent({ type: 'device-joined', at: '2026-01-02T03:04:05Z', device: 'pi-1' }),
    parseEvent,
  ],
  modelState: [
    encodeModelState({
      name: 'm',
      version: '1',
      state: 'ready',
      summary: { stages: [1, { a: null }] },
    }),
    parseModelState,
  ],
  blobGet: [encodeBlobGet({ offset: 0, length: 1024 }), parseBlobGet],
  plan: [
    encodeControl({ type: 'plan', plan: { ...plan, stages: [...plan.stages] } as never }),
    parseControl,
  ],
  cancel: [
    encodeControl({ type: 'cancel', inference: 'i', stage: 0, row: 0, attempt: 0 }),
    parseControl,
  ],
}

describe('messages of others', () => {
  for (const [name, [bytes, parse]] of Object.entries(messages)) {
    it(`of kind ${name} are a value or a ProtocolError however they are damaged`, () => {
      parse(bytes)
      const random = seeded(name.length)
      let refused = 0
      for (let i = 0; i < 3000; i++) {
        const damaged = i % 10 === 0 ? randomBytes(random, i % 97) : mutate(bytes, random)
        try {
          parse(damaged)
        } catch (error) {
          expect(error).to.be.instanceOf(ProtocolError)
          refused++
        }
      }
      expect(refused).to.be.above(500)
      parse(bytes)
    })

    it(`of kind ${name} are refused when they are too large to be read`, () => {
      expect(() => parse(new Uint8Array(2 ** 21).fill(0x20)))
        .to.throw(ProtocolError)
        .with.property('code', 'ERR_TOO_LARGE')
    })
  }

  it('say where they disagree with the specification', () => {
    const text = new TextEncoder().encode(
      '{"state":"happy","session":1,"since":"2026-01-02T03:04:05Z"}',
    )
    expect(() => parseStatus(text)).to.throw(ProtocolError, 'status: state:')
    expect(() => parseStatus(Uint8Array.of(0xff, 0xfe))).to.throw(
      ProtocolError,
      'not JSON in UTF-8',
    )
  })
})

describe('Drops', () => {
  it('count by kind of topic and reason', () => {
    const drops = new Drops()
    expect(drops.count('subtasks', 'ERR_BAD_MESSAGE')).to.equal(1)
    expect(drops.count('subtasks', 'ERR_BAD_MESSAGE')).to.equal(2)
    expect(drops.count('unknown', 'ERR_BAD_TOPIC')).to.equal(1)
    expect(drops.total).to.equal(3)
    expect(drops.snapshot()).to.deep.equal([
      { kind: 'subtasks', code: 'ERR_BAD_MESSAGE', count: 2 },
      { kind: 'unknown', code: 'ERR_BAD_TOPIC', count: 1 },
    ])
  })

  it('are worth a line at every power of ten', () => {
    const worth = Array.from({ length: 100_001 }, (_, i) => i).filter(isWorthLogging)
    expect(worth).to.deep.equal([1, 10, 100, 1000, 10_000, 100_000])
    expect([1e6, 1e9, 1e12, 1e15].every(isWorthLogging)).to.equal(true)
  })
})
