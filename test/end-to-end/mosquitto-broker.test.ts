import { topics } from '@cocoi/protocol'
import type { BrokerProcess } from '../helpers/broker-process.ts'
import { carriesInferences } from '../helpers/foreign-broker.ts'
import { mosquittoMissing, mosquittoSub, startMosquitto } from '../helpers/mosquitto.ts'
import { Question } from '../helpers/question.ts'
import { smallNetwork } from '../helpers/small-network.ts'
import { startVirtualCluster, type VirtualCluster } from '../helpers/virtual-cluster.ts'

const known = topics()
const missing = mosquittoMissing('mosquitto', 'mosquitto_sub')

describe(`mosquitto as the broker${missing ? ` (skipped: ${missing})` : ''}`, function () {
  this.timeout(60_000)
  let broker: BrokerProcess
  let cluster: VirtualCluster
  let question: Question

  before(async function () {
    if (missing) return this.skip()
    broker = await startMosquitto()
    cluster = await startVirtualCluster({
      devices: 4,
      models: { small: { model: smallNetwork({ size: [120, 100] }) } },
      broker: broker.url,
    })
    question = await Question.of(cluster, [120, 100])
  })

  after(async () => {
    await cluster?.stop()
    await broker?.stop()
  })

  carriesInferences(() => ({ cluster, question }))

  it('keeps status and health of everybody for those who come later', async () => {
    const newcomer = await mosquittoSub(broker.url, 'cocoi/devices/+/+', 'cocoi/coordinator/health')
    const wantedTopics = ['pi1', 'pi2', 'pi3', 'pi4'].flatMap(device => [
      known.deviceStatus({ device }),
      known.deviceHealth({ device }),
    ])
    for (const topic of [...wantedTopics, known.coordinatorHealth()]) {
      await newcomer.next(line => line.retained && line.topic === topic)
    }
    await newcomer.end()
  })
})
