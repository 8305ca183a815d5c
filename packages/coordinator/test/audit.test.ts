import { createEngine, type Engine, type EngineTensor } from '@cocoi/engine'
import {
  type InferenceResult,
  type NamedTensor,
  parseControl,
  parseEvent,
  type SystemEvent,
} from '@cocoi/protocol'
import { expect } from 'chai'
import { answerOf, known, MemoryCluster } from './memory-cluster.ts'
import { smallInput, smallModelBytes } from './small-model.ts'
import { withWrongNumbers } from './wrong-numbers.ts'

const floats = ({ data }: { data: Uint8Array }) => new Float32Array(data.slice().buffer)
const dark: NamedTensor = { ...smallInput(), data: new Uint8Array(8 * 29 * 29 * 4) }

describe('an audit', function () {
  this.timeout(60_000)
  let engine: Engine
  let cluster: MemoryCluster
  let events: SystemEvent[]

  before(() => {
    engine = createEngine({ threads: 1 })
  })
  after(() => engine.close())
  afterEach(() => cluster.stop())

  async function withDevices(honest: number, liars: readonly string[] = []): Promise<void> {
    cluster = await MemoryCluster.start({ small: smallModelBytes() })
    events = []
    await cluster.sensor.subscribe(known.events(), (_, payload) => events.push(parseEvent(payload)))
    for (let i = 1; i <= honest; i++) await cluster.addDevice(`pi${i}`)
    for (const liar of liars)
      await cluster.addDevice(liar, transport => withWrongNumbers(transport))
  }

  const accused = () =>
    events.filter(({ type }) => type === 'device-quarantined').map(({ device }) => device)

  async function relativeError(result: InferenceResult, input: NamedTensor): Promise<number> {
    const session = await engine.load(smallModelBytes())
    const wanted = floats((await session.run({ x: input as EngineTensor })).outputs.y!)
    await session.release()
    const got = floats(answerOf(result).outputs[0]!)
    const scale = Math.max(...wanted.map(Math.abs))
    return Math.max(...wanted.map((value, i) => Math.abs(value - got[i]!))) / scale
  }

  for (const transport of ['float16', 'float32'] as const) {
    for (const [scheme, rows] of [
      ['mds:5,4', 5],
      ['mds:5,3', 5],
      ['replication:2', 4],
    ] as const) {
      it(`finds the device with wrong numbers under ${scheme} in ${transport}`, async () => {
        // A row for each, so that everybody is asked.
        await withDevices(rows - 1, ['liar'])
        const parameters = { scheme, transport, audit: 'always' } as const
        for (let seed = 1; seed <= 5; seed++) {
          const input = smallInput(seed)
          const result = await cluster.ask('small', [input], parameters)
          expect(await relativeError(result, input)).to.be.below(0.01)
        }
        expect(accused()).to.deep.equal(['liar'])
        const { devices } = answerOf(await cluster.ask('small', [smallInput()], parameters))
        expect([...devices.used, ...devices.late]).not.to.contain('liar')
      })
    }
  }

  it('lets no result in that comes while it is at work', async () => {
    await withDevices(4)
    // Its name gives it the first row, a piece as it is; its subtask is cancelled when the audit begins.
    const control = known.control({ device: 'a' })
    let begun = () => {}
    await cluster.sensor.subscribe(control, (_, payload) => {
      if (parseControl(payload).type === 'cancel') begun()
    })
    const untilAudit = () => new Promise<void>(resolve => (begun = resolve))
    await cluster.addDevice('a', transport => withWrongNumbers(transport, untilAudit))
    for (let seed = 1; seed <= 5; seed++) {
      const input = smallInput(seed)
      const parameters = { scheme: 'mds:5,3', audit: 'always' } as const
      const result = await cluster.ask('small', [input], parameters)
      expect(await relativeError(result, input)).to.be.below(0.01)
      expect(answerOf(result).devices.used).not.to.contain('a')
    }
  })

  it('computes a row again where no result is to spare', async () => {
    await withDevices(2, ['liar'])
    for (const scheme of ['uncoded', 'whole']) {
      const parameters = { scheme, audit: 'always' } as const
      for (let i = 0; i < 6; i++) answerOf(await cluster.ask('small', [smallInput()], parameters))
    }
    expect(accused()).to.deep.equal(['liar'])
  })

  it('finds several at once', async () => {
    await withDevices(3, ['liar1', 'liar2'])
    const parameters = { scheme: 'mds:5,4', audit: 'always' } as const
    const input = smallInput()
    for (let i = 0; i < 8; i++) {
      expect(
        await relativeError(await cluster.ask('small', [input], parameters), input),
      ).to.be.below(0.01)
    }
    expect(accused().sort()).to.deep.equal(['liar1', 'liar2'])
  })

  it('accuses nobody who computes right, whatever the input', async () => {
    await withDevices(5)
    const inputs = [dark, smallInput(), smallInput(7), smallInput(23)]
    for (const scheme of ['mds:5,3', 'replication:2', 'uncoded', 'whole', 'lt:5,3']) {
      for (const transport of ['float16', 'float32'] as const) {
        for (const input of inputs) {
          const parameters = { scheme, transport, audit: 'always' } as const
          const { devices } = answerOf(await cluster.ask('small', [input], parameters))
          expect(devices.used, scheme).not.to.contain('(coordinator)')
        }
      }
    }
    expect(accused()).to.deep.equal([])
  })

  it('looks at one request in fifty where it takes samples', async () => {
    await withDevices(2, ['liar'])
    // An audit waits for a result more than needed, so for all three. What float16 cannot carry would be
    // computed twice, and count twice.
    const parameters = { scheme: 'mds:3,2', transport: 'float32', audit: 'sampled' } as const
    for (let i = 0; i < 49; i++) answerOf(await cluster.ask('small', [smallInput()], parameters))
    expect(accused()).to.deep.equal([])
    for (let i = 0; i < 50; i++) answerOf(await cluster.ask('small', [smallInput()], parameters))
    expect(accused()).to.deep.equal(['liar'])
  })

  it('trusts a device again that was started anew', async () => {
    await withDevices(3)
    // The first by name is asked first, whatever the plan.
    await cluster.addDevice('a', transport => withWrongNumbers(transport))
    const parameters = { scheme: 'mds:4,3', audit: 'always' } as const
    for (let i = 0; i < 4; i++) answerOf(await cluster.ask('small', [smallInput()], parameters))
    expect(accused()).to.deep.equal(['a'])
    await cluster.removeDevice('a')
    const joined = new Promise<void>(resolve => {
      void cluster.sensor.subscribe(known.events(), (_, payload) => {
        const { type, device } = parseEvent(payload)
        if (type === 'device-joined' && device === 'a') resolve()
      })
    })
    await cluster.addDevice('a')
    await joined
    let used: string[] = []
    for (let i = 0; i < 200 && !used.includes('a'); i++) {
      used = answerOf(await cluster.ask('small', [smallInput()], parameters)).devices.used
    }
    expect(used).to.contain('a')
    expect(accused()).to.deep.equal(['a'])
  })
})
