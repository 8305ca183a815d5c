import { topics } from '@cocoi/protocol'
import { expect } from 'chai'
import type { BrokerProcess } from '../helpers/broker-process.ts'
import { mosquittoMissing, mosquittoSub, startMosquitto } from '../helpers/mosquitto.ts'
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
const missing = mosquittoMissing('mosquitto', 'mosquitto_sub')

describe(`mosquitto as the broker${missing ? ` (skipped: ${missing})` : ''}`, function () {
  this.timeout(60_000)
  let broker: BrokerProcess
  let cluster: VirtualCluster
  let input: Floats
  let wanted: Floats

  before(async function () {
    if (missing) return this.skip()
    broker = await startMosquitto()
    cluster = await startVirtualCluster({
      devices: 4,
      models: { small: { model: smallNetwork({ size: [120, 100] }) } },
      broker: broker.url,
    })
    input = seededInput('image', [1, 3, 120, 100], 7)
    const plain = await cluster.plain('small')
    wanted = (await plain.run(input)).get('logits')!
    await plain.release()
  })

  after(async () => {
    await cluster?.stop()
    await broker?.stop()
  })

  async function ask(scheme: string) {
    const parameters = { scheme, transport: 'float32' } as const
    const answer = await cluster.client.infer('small', { tensors: [asTensor(input)] }, parameters)
    expect(relativeError(output(answer, 'logits'), wanted)).to.be.below(tolerance.float32)
    return answer
  }

  for (const scheme of ['uncoded', 'mds:4,3', 'whole']) {
    it(`carries ${scheme}, with the answer of plain onnxruntime`, async () => {
      const { plan, devices } = await ask(scheme)
      expect(plan.scheme).to.equal(scheme)
      expect(devices.used).to.have.length.above(0)
    })
  }

  it('publishes the will of a device that dies during a request, which is answered', async () => {
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
