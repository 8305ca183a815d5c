import { topics } from '@cocoi/protocol'
import { expect } from 'chai'
import type { BrokerProcess } from '../helpers/broker-process.ts'
import { ClusterView } from '../helpers/cluster-view.ts'
import { natsMissing, startNats, takesClients } from '../helpers/nats.ts'
import {
  asTensor,
  type Floats,
  output,
  relativeError,
  tolerance,
} from '../helpers/plain-onnxruntime.ts'
import { seededInput, smallNetwork } from '../helpers/small-network.ts'
import { startVirtualCluster, type VirtualCluster } from '../helpers/virtual-cluster.ts'

const known = topics()
const missing = natsMissing()

/** NATS takes ten seconds and more to elect leaders after a death; meanwhile nothing is acknowledged. */
const deadlineMs = 120_000

describe(`three NATS servers as the broker${missing ? ` (skipped: ${missing})` : ''}`, function () {
  this.timeout(240_000)
  let nodes: BrokerProcess[]
  let cluster: VirtualCluster
  let input: Floats
  let wanted: Floats

  before(async function () {
    if (missing) return this.skip()
    nodes = await startNats(3)
    cluster = await startVirtualCluster({
      devices: 4,
      models: { small: { model: smallNetwork({ size: [120, 100] }) } },
      broker: addresses(0),
      deviceBroker: addresses,
    })
    input = seededInput('image', [1, 3, 120, 100], 7)
    const plain = await cluster.plain('small')
    wanted = (await plain.run(input)).get('logits')!
    await plain.release()
  })

  after(async () => {
    await cluster?.stop()
    await Promise.all(nodes?.map(node => node.stop()) ?? [])
  })

  /** All nodes, in turn from one of them. */
  function addresses(from: number): string {
    return nodes.map((_, index) => nodes[(from + index) % nodes.length]!.url).join(',')
  }

  async function ask(scheme: string) {
    const parameters = { scheme, transport: 'float32', deadlineMs } as const
    const answer = await cluster.client.infer('small', { tensors: [asTensor(input)] }, parameters)
    expect(relativeError(output(answer, 'logits'), wanted)).to.be.below(tolerance.float32)
    return answer
  }

  /** Resolves once a client of this node that has just come sees everybody as they should be. */
  async function everybodyIsSeenAt({ url }: BrokerProcess): Promise<void> {
    const newcomer = await ClusterView.open(url, 'newcomer')
    await newcomer.until('status and health of everybody are there', view => {
      const everyHealth = [...view.devices.values()].every(({ health }) => health !== undefined)
      const { status, health } = view.coordinator
      const online = view.inState('online').length === 4 && status?.state === 'online'
      return online && everyHealth && health?.devices.online === 4 && health.devices.suspect === 0
    })
    await newcomer.close()
  }

  for (const scheme of ['uncoded', 'mds:4,3', 'whole']) {
    it(`carry ${scheme}, with the answer of plain onnxruntime`, async () => {
      const { plan, devices } = await ask(scheme)
      expect(plan.scheme).to.equal(scheme)
      expect(devices.used).to.have.length.above(0)
    })
  }

  it('publish the will of a device that dies during a request, which is answered', async () => {
    const [first] = cluster.devices
    const atWork = await cluster.wiretap.expect(known.subtasks({ device: first!.id }))
    first!.freeze()
    const answering = ask('mds:4,3')
    await atWork.seen
    first!.kill()
    expect((await answering).devices.used).to.deep.equal(['pi2', 'pi3', 'pi4'])
    await cluster.view.until('pi1 is offline', view => view.inState('offline').includes('pi1'))
    await first!.restart()
    await cluster.view.until('pi1 is online', view => view.inState('online').includes('pi1'))
  })

  it('lose no request when the node of coordinator, client and two devices dies, and everybody comes back over the others', async () => {
    const [dying, ...others] = nodes
    const [, busy] = cluster.devices
    const atWork = await cluster.wiretap.expect(known.subtasks({ device: busy!.id }))
    busy!.freeze()
    const answering = ask('uncoded')
    await atWork.seen
    dying!.kill()
    busy!.thaw()
    await Promise.all([answering, ask('mds:4,3')])
    for (const node of others) await everybodyIsSeenAt(node)
    await dying!.restart()
    await takesClients(dying!)
    await everybodyIsSeenAt(dying!)
    await ask('mds:4,3')
  })
})
