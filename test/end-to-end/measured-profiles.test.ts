import { makeModel, makeNode, makeValueInfo } from '@cocoi/onnx'
import type { SpeedProfile } from '@cocoi/protocol'
import { seededTensor } from '@cocoi/zoo'
import { expect } from 'chai'
import {
  asTensor,
  type Floats,
  output,
  relativeError,
  tolerance,
} from '../helpers/plain-onnxruntime.ts'
import { seededInput } from '../helpers/small-network.ts'
import { startVirtualCluster, type VirtualCluster } from '../helpers/virtual-cluster.ts'

const channels = 512
const shape = [1, channels, 28, 28]

/** Two convolutions that take long enough for the speeds of devices to show. */
function heavyModel() {
  const deviation = Math.sqrt(1 / (channels * 9))
  const weights = seededTensor('w', [channels, channels, 3, 3], 1, { mean: 0, deviation })
  const conv = (from: string, to: string) =>
    makeNode('Conv', [from, weights.name], [to], { pads: [1, 1, 1, 1] })
  return makeModel({
    name: 'heavy',
    nodes: [conv('x', 'a'), makeNode('Relu', ['a'], ['b']), conv('b', 'y')],
    inputs: [makeValueInfo('x', 'float32', shape)],
    outputs: [makeValueInfo('y', 'float32', shape)],
    initializers: [weights],
  })
}

/** How many times as slow the first device is. */
const stretch = 25

describe('a cluster with one device that is slow', function () {
  this.timeout(120_000)
  let cluster: VirtualCluster
  let input: Floats
  let wanted: Floats
  let slow: string
  let fast: string[]

  before(async () => {
    cluster = await startVirtualCluster({
      devices: 3,
      models: { heavy: { model: heavyModel() } },
      coordinator: { deadlineMs: 60_000, audit: 'off' },
      device: index => (index === 0 ? { stretch } : {}),
    })
    ;[slow, ...fast] = cluster.devices.map(({ id }) => id) as [string, ...string[]]
    input = seededInput('x', shape, 7)
    const plain = await cluster.plain('heavy')
    wanted = (await plain.run(input)).get('y')!
    await plain.release()
  })

  after(() => cluster?.stop())

  async function ask(scheme: string) {
    const answer = await cluster.client.infer('heavy', { tensors: [asTensor(input)] }, { scheme })
    expect(relativeError(output(answer, 'y'), wanted)).to.be.below(tolerance.float16)
    return answer
  }

  const profileOf = (device: string): SpeedProfile | undefined =>
    cluster.view.devices.get(device)?.health?.profile

  /** How many times as fast the slowest of the others is. */
  const lead = () =>
    Math.min(...fast.map(device => profileOf(device)!.flopsPerS)) / profileOf(slow)!.flopsPerS

  it('knows it before the first request, from the benchmark at the start', async () => {
    await cluster.view.until('every device tells its profile', () =>
      [slow, ...fast].every(device => profileOf(device) !== undefined),
    )
    expect(profileOf(slow)!.samples).to.equal(0)
    expect(lead()).to.be.above(2)
  })

  it('knows it after a few inferences from the subtasks, and what the ways are like', async () => {
    // A device that has become slower meanwhile counts from there on.
    const isKnown = () => [slow, ...fast].every(device => profileOf(device)!.samples >= 10)
    for (let i = 0; i < 6 || (!isKnown() && i < 60); i++) await ask('uncoded')
    await cluster.view.until('the profiles of the devices tell of subtasks', isKnown)
    expect(lead()).to.be.above(2)
    await cluster.view.until('the coordinator tells of the ways', ({ coordinator }) => {
      const { ways, profile } = coordinator.health!
      return profile !== undefined && fast.every(device => ways?.links[device] !== undefined)
    })
    expect(cluster.view.coordinator.health!.ways!.shared.bytesPerS).to.be.within(1e6, 1e10)
  })

  it('leaves the whole model to one that is fast', async () => {
    for (let i = 0; i < 3; i++) {
      const { devices } = await ask('whole')
      expect(fast).to.include.members(devices.used)
    }
  })

  it('chooses under auto what these profiles say is fastest, and tells why', async () => {
    const { plan, stages } = await ask('auto')
    expect(plan.why).to.match(/is fastest|times as fast as one device alone/)
    const rowsOf = (device: string) =>
      stages.flatMap(({ used, late }) => [...used, ...late]).filter(name => name === device).length
    if (plan.kind === 'stages') {
      for (const device of fast) expect(rowsOf(device)).to.be.above(rowsOf(slow))
    }
    await cluster.view.until('the topic of the model tells of this plan', ({ models }) => {
      const { scheme, why, goal } = models.get('heavy')?.summary ?? {}
      return scheme === plan.scheme && why === plan.why && goal === 'latency'
    })
  })
})
