import { setTimeout as delay } from 'node:timers/promises'
import { createEngine, type Engine, type EngineTensor } from '@cocoi/engine'
import type { InferenceResult, ModelState } from '@cocoi/protocol'
import { parseCoordinatorHealth, parseModelState, parseStatus } from '@cocoi/protocol'
import { expect } from 'chai'
import { answerOf, failureOf, known, MemoryCluster, widestStage } from './memory-cluster.ts'
import { smallInput, smallModelBytes } from './small-model.ts'

const floats = ({ data }: { data: Uint8Array }) => new Float32Array(data.slice().buffer)

describe('Coordinator', function () {
  this.timeout(60_000)
  let engine: Engine
  let cluster: MemoryCluster

  before(() => {
    engine = createEngine({ threads: 1 })
  })
  after(() => engine.close())
  afterEach(() => cluster.stop())

  async function want(bytes: Uint8Array, input = smallInput()): Promise<Float32Array> {
    const session = await engine.load(bytes)
    const { outputs } = await session.run({ x: input as EngineTensor })
    await session.release()
    return floats(outputs.y!)
  }

  function relativeError(result: InferenceResult, wanted: Float32Array): number {
    const got = floats(answerOf(result).outputs[0]!)
    const scale = Math.max(...wanted.map(Math.abs))
    return Math.max(...wanted.map((value, i) => Math.abs(value - got[i]!))) / scale
  }

  async function withDevices(count: number, settings = {}): Promise<void> {
    cluster = await MemoryCluster.start({ small: smallModelBytes() }, settings)
    for (let i = 1; i <= count; i++) await cluster.addDevice(`pi${i}`)
  }

  it('answers with the numbers of the uncut model under every scheme', async () => {
    await withDevices(4)
    const wanted = await want(smallModelBytes())
    const schemes = ['local', 'whole', 'uncoded', 'replication:2', 'mds:4,3', 'lt:4,3']
    for (const scheme of schemes) {
      const result = await cluster.ask('small', [smallInput()], { scheme, transport: 'float32' })
      expect(relativeError(result, wanted), scheme).to.be.below(1e-4)
      expect(answerOf(result).plan.scheme).to.equal(scheme)
    }
  })

  it('computes everything itself when no device is there, and says so', async () => {
    await withDevices(0)
    const result = await cluster.ask('small', [smallInput()], { scheme: 'mds:6,4' })
    expect(relativeError(result, await want(smallModelBytes()))).to.be.below(1e-4)
    expect(answerOf(result).plan.kind).to.equal('local')
    expect(answerOf(result).plan.notes.join()).to.contain('computed locally')
  })

  it('uses what is there when a scheme needs more devices, and says so', async () => {
    await withDevices(3)
    const { plan } = answerOf(await cluster.ask('small', [smallInput()], { scheme: 'mds:6,4' }))
    expect(plan.scheme).to.equal('mds:3,2')
    expect(plan.notes.join()).to.contain('3 are here')
  })

  it('computes with float32 what float16 cannot carry, and remembers it', async () => {
    const bytes = smallModelBytes(1e6)
    cluster = await MemoryCluster.start({ large: bytes })
    for (const device of ['pi1', 'pi2', 'pi3']) await cluster.addDevice(device)
    const wanted = await want(bytes)
    for (const request of ['first', 'second']) {
      const result = await cluster.ask('large', [smallInput()], { scheme: 'mds:3,2', request })
      expect(relativeError(result, wanted)).to.be.below(1e-4)
      expect(answerOf(result).plan.transport).to.equal('float32')
      expect(answerOf(result).plan.notes.join()).to.contain('do not fit float16')
    }
  })

  it('answers a request that is sent again once more, computed once', async () => {
    await withDevices(2)
    const first = await cluster.ask('small', [smallInput()], { request: 'again' })
    const health = await computed()
    const second = await cluster.ask('small', [smallInput(2)], { request: 'again' })
    expect(second).to.deep.equal(first)
    expect(await computed()).to.equal(health)
  })

  it('names what is wrong with a request', async () => {
    await withDevices(0)
    const unknown = failureOf(await cluster.ask('smal', [smallInput()]))
    expect(unknown.code).to.equal('ERR_UNKNOWN_MODEL')
    expect(unknown.message).to.contain('small')
    const shape = { ...smallInput(), dims: [1, 8, 29, 28], data: new Uint8Array(8 * 29 * 28 * 4) }
    expect(failureOf(await cluster.ask('small', [shape])).code).to.equal('ERR_WRONG_INPUT')
    const scheme = await cluster.ask('small', [smallInput()], { scheme: 'mds:3,4' })
    expect(failureOf(scheme).message).to.contain('k cannot exceed n')
    const garbage = await cluster.send('small', 'g', Uint8Array.of(0xff, 0xd8, 1, 2))
    expect(failureOf(garbage).code).to.equal('ERR_NOT_AN_IMAGE_MODEL')
    const json = await cluster.send('small', 'j', new TextEncoder().encode('{"inputs": 3}'))
    expect(failureOf(json).code).to.equal('ERR_BAD_MESSAGE')
  })

  it('refuses what is more than may wait, and ends what is cancelled', async () => {
    await withDevices(0, { maxRunning: 1, maxWaiting: 1 })
    await cluster.ask('small', [smallInput()])
    const running = cluster.ask('small', [smallInput()], { request: 'a' })
    const waiting = cluster.ask('small', [smallInput()], { request: 'b' })
    const refused = cluster.ask('small', [smallInput()], { request: 'c' })
    await cluster.sensor.publish(known.cancel({ client: 'cam', request: 'b' }), new Uint8Array(), {
      ...{ qos: 1, timeoutMs: 5000 },
    })
    expect(failureOf(await refused).code).to.equal('ERR_OVERLOADED')
    expect(failureOf(await waiting).code).to.equal('ERR_CANCELLED')
    answerOf(await running)
  })

  it('goes on when a device leaves and takes one that joins', async () => {
    await withDevices(3)
    const [first] = [await cluster.addDevice('pi4')]
    answerOf(await cluster.ask('small', [smallInput()], { scheme: 'mds:4,3' }))
    await first.stop('it is unplugged')
    const result = await cluster.ask('small', [smallInput()], { scheme: 'mds:4,3' })
    expect(relativeError(result, await want(smallModelBytes()))).to.be.below(1e-2)
    expect(answerOf(result).devices.used).not.to.contain('pi4')
  })

  it('goes on under the present plan until there is one for the devices that have come', async () => {
    await withDevices(2)
    const widest = async () =>
      widestStage(await cluster.ask('small', [smallInput()], { scheme: 'uncoded' }))
    expect(await widest()).to.equal(2)
    await cluster.addDevice('pi3')
    expect(await widest()).to.equal(2)
    while ((await widest()) !== 3) await delay(50)
  })

  it('shows itself and its models on retained topics, and counts garbage', async () => {
    await withDevices(1)
    answerOf(await cluster.ask('small', [smallInput()]))
    const states: ModelState[] = []
    await follow(known.modelState({ model: 'small' }), payload => {
      states.push(parseModelState(payload))
      return states.some(({ state }) => state === 'ready')
    })
    await follow(known.coordinatorStatus(), payload => parseStatus(payload).state === 'online')
    const garbage = Uint8Array.of(1, 2, 3)
    const topic = known.deviceResults({ coordinator: 'main', device: 'pi1' })
    await cluster.sensor.publish(topic, garbage, { qos: 1, timeoutMs: 5000 })
    await cluster.sensor.publish(known.deviceStatus({ device: 'x' }), garbage, {
      ...{ qos: 1, timeoutMs: 5000 },
    })
    await follow(known.coordinatorHealth(), payload => parseCoordinatorHealth(payload).dropped >= 2)
  })

  /** Resolves when a message on the topic satisfies the test. */
  function follow(topic: string, test: (payload: Uint8Array) => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const take = (_: string, payload: Uint8Array) => {
        if (test(payload)) resolve()
      }
      cluster.sensor.subscribe(topic, take).catch(reject)
    })
  }

  /** Inferences done so far, from a heartbeat that comes after now. */
  async function computed(): Promise<number> {
    let count = 0
    let beats = 0
    await follow(known.coordinatorHealth(), payload => {
      count = parseCoordinatorHealth(payload).inferences.done
      beats += 1
      return beats === 2
    })
    await cluster.sensor.unsubscribe(known.coordinatorHealth())
    return count
  }
})
