import { topics } from '@cocoi/protocol'
import { expect } from 'chai'
import type { Question } from './question.ts'
import type { VirtualCluster } from './virtual-cluster.ts'

const known = topics()

/** A cluster of four devices on a broker that is not ours. */
export interface ForeignWorld {
  readonly cluster: VirtualCluster
  readonly question: Question
}

/**
 * What every broker must be good for.
 *
 * @param world called when the tests run
 * @param deadlineMs for a broker that takes its time
 */
export function carriesInferences(world: () => ForeignWorld, deadlineMs = 30_000): void {
  const ask = (scheme: string) => world().question.ask({ scheme, transport: 'float32', deadlineMs })

  for (const scheme of ['uncoded', 'mds:4,3', 'whole']) {
    it(`carries ${scheme}, with the answer of plain onnxruntime`, async () => {
      const { plan, devices } = await ask(scheme)
      expect(plan.scheme).to.equal(scheme)
      expect(devices.used).to.have.length.above(0)
    })
  }

  it('publishes the will of a device that dies during a request, which is answered', async () => {
    const { cluster } = world()
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
}
