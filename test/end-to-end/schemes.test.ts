import type { InferenceParameters } from '@cocoi/protocol'
import { expect } from 'chai'
import { Question } from '../helpers/question.ts'
import { smallNetwork } from '../helpers/small-network.ts'
import { startVirtualCluster, type VirtualCluster } from '../helpers/virtual-cluster.ts'

const shared = ['uncoded', 'replication:2', 'mds:6,4', 'vandermonde:6,4', 'lt:6,4']
const transports = ['float32', 'float16'] as const

describe('schemes on six device processes', function () {
  this.timeout(60_000)
  let cluster: VirtualCluster
  let question: Question

  before(async () => {
    cluster = await startVirtualCluster({
      devices: 6,
      models: { small: { model: smallNetwork() } },
    })
    question = await Question.of(cluster)
  })

  after(() => cluster?.stop())

  const ask = (parameters: InferenceParameters) => question.ask(parameters)

  for (const scheme of shared) {
    for (const transport of transports) {
      for (const axis of ['rows', 'columns'] as const) {
        it(`${scheme} by ${axis} in ${transport} answers as plain onnxruntime does`, async () => {
          const { plan, stages, devices, bytes } = await ask({ scheme, transport, axis })
          expect(plan).to.include({ kind: 'stages', scheme, transport })
          expect(stages, 'stages').to.have.length(3)
          expect(devices.used, 'devices used').to.have.length.above(1)
          expect(bytes.out, 'bytes sent').to.be.above(0)
        })
      }
    }
  }

  for (const transport of transports) {
    it(`the whole model on one device in ${transport} answers as plain onnxruntime does`, async () => {
      const { plan, devices } = await ask({ scheme: 'whole', transport })
      expect(plan).to.include({ kind: 'whole', scheme: 'whole' })
      expect(devices.used).to.have.length(1)
    })

    it(`the coordinator alone in ${transport} answers as plain onnxruntime does`, async () => {
      const { plan, devices, bytes } = await ask({ scheme: 'local', transport })
      expect(plan).to.include({ kind: 'local', scheme: 'local' })
      expect(devices).to.deep.equal({ used: [], late: [] })
      expect(bytes).to.deep.equal({ out: 0, in: 0 })
    })
  }

  it('uses a smaller code where a scheme wants more devices than are here, and says so', async () => {
    const { plan } = await ask({ scheme: 'mds:9,7' })
    expect(plan.notes.join()).to.match(/mds:9,7 needs 9 devices, 6 are here: using mds:6,\d/)
  })

  it('refuses a scheme that cannot be, with its code', async () => {
    const refused = await ask({ scheme: 'mds:4,6' }).catch(error => error)
    expect(refused).to.include({ code: 'ERR_BAD_SCHEME' })
  })
})
