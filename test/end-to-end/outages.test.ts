import { topics } from '@cocoi/protocol'
import { ClusterView } from '../helpers/cluster-view.ts'
import { Question } from '../helpers/question.ts'
import { smallNetwork } from '../helpers/small-network.ts'
import { startVirtualCluster, type VirtualCluster } from '../helpers/virtual-cluster.ts'

const known = topics()

describe('an outage', function () {
  this.timeout(90_000)
  let cluster: VirtualCluster
  let question: Question

  before(async () => {
    cluster = await startVirtualCluster({
      devices: 4,
      models: { small: { model: smallNetwork() } },
    })
    question = await Question.of(cluster)
  })

  after(() => cluster?.stop())

  const ask = () => question.ask({ scheme: 'uncoded', transport: 'float32' })

  /** Asks until all four share the work. */
  async function askUntilAllTakePart(): Promise<void> {
    for (;;) {
      const { used, late } = (await ask()).devices
      const present = new Set([...used, ...late])
      if (cluster.devices.every(({ id }) => present.has(id))) return
    }
  }

  /** A request that cannot be answered yet: a device that was sent a subtask does not move. */
  async function askAndHold() {
    await askUntilAllTakePart()
    const [first] = cluster.devices
    const atWork = await cluster.wiretap.expect(known.subtasks({ device: first!.id }))
    first!.freeze()
    const answering = ask()
    await atWork.seen
    return { answering, letGo: () => first!.thaw() }
  }

  /** Resolves once a client that has just come sees everybody as they should be. */
  async function everybodyIsBack(): Promise<void> {
    const newcomer = await ClusterView.open(cluster.url, 'newcomer')
    await newcomer.until('status, health and model states are there again', view => {
      const { coordinator, devices, models } = view
      const everyHealth = [...devices.values()].every(({ health }) => health !== undefined)
      const online = view.inState('online').length === 4 && coordinator.status?.state === 'online'
      return online && everyHealth && models.get('small')?.state === 'ready'
    })
    await newcomer.until('the coordinator knows every device again', ({ coordinator }) => {
      const { online, suspect } = coordinator.health?.devices ?? {}
      return online === 4 && suspect === 0
    })
    await newcomer.close()
  }

  it('of the broker: everybody comes back alone, and what was asked before or meanwhile is answered', async () => {
    const { answering, letGo } = await askAndHold()
    const down = nextDisconnect(cluster)
    cluster.broker!.kill()
    await down
    letGo()
    const askedMeanwhile = ask()
    await cluster.broker!.restart()
    await Promise.all([answering, askedMeanwhile])
    await everybodyIsBack()
    await askUntilAllTakePart()
  })

  it('of the coordinator: a new one answers what the old one was asked', async () => {
    const { answering, letGo } = await askAndHold()
    cluster.coordinator.kill()
    letGo()
    await cluster.view.until('the broker has published the will', ({ coordinator }) => {
      return coordinator.status?.state === 'offline'
    })
    await cluster.coordinator.restart()
    await answering
    await everybodyIsBack()
    await askUntilAllTakePart()
  })
})

/** Resolves when the wiretap, a client like any other, has lost its connection. */
function nextDisconnect({ wiretap }: VirtualCluster): Promise<void> {
  return new Promise(resolve => {
    const end = wiretap.transport.onDisconnect(() => {
      end()
      resolve()
    })
  })
}
