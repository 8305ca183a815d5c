import { topics } from '@cocoi/protocol'
import type { BrokerProcess } from '../helpers/broker-process.ts'
import { ClusterView } from '../helpers/cluster-view.ts'
import { carriesInferences } from '../helpers/foreign-broker.ts'
import { natsMissing, startNats, takesClients } from '../helpers/nats.ts'
import { Question } from '../helpers/question.ts'
import { smallNetwork } from '../helpers/small-network.ts'
import { startVirtualCluster, type VirtualCluster } from '../helpers/virtual-cluster.ts'

const known = topics()
const missing = natsMissing()

/** NATS takes ten seconds and more to elect leaders after a death; meanwhile nothing is acknowledged. */
const deadlineMs = 120_000

describe(`three NATS servers as the broker${missing ? ` (skipped: ${missing})` : ''}`, function () {
  this.timeout(240_000)
  let nodes: BrokerProcess[]
  let cluster: VirtualCluster
  let question: Question

  before(async function () {
    if (missing) return this.skip()
    nodes = await startNats(3)
    cluster = await startVirtualCluster({
      devices: 4,
      models: { small: { model: smallNetwork({ size: [120, 100] }) } },
      broker: addresses(0),
      deviceBroker: addresses,
    })
    question = await Question.of(cluster, [120, 100])
  })

  after(async () => {
    await cluster?.stop()
    await Promise.all(nodes?.map(node => node.stop()) ?? [])
  })

  /** All nodes, in turn from one of them. */
  function addresses(from: number): string {
    return nodes.map((_, index) => nodes[(from + index) % nodes.length]!.url).join(',')
  }

  const ask = (scheme: string) => question.ask({ scheme, transport: 'float32', deadlineMs })

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

  carriesInferences(() => ({ cluster, question }), deadlineMs)

  it('loses no request when the node of coordinator, client and two devices dies, and everybody comes back over the others', async () => {
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
