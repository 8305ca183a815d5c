import { type Cluster, type ClusterOptions, startCluster } from '@cocoi/testbed'
import { expect } from 'chai'
import { Puppets } from './puppets.ts'
import { rejection } from './rejection.ts'
import { startTestBroker } from './test-broker.ts'

describe('a virtual cluster', () => {
  let puppets: Puppets

  beforeEach(async () => {
    puppets = await Puppets.open()
  })
  afterEach(() => puppets.close())

  /** A cluster that is up. */
  async function started(changes: Partial<ClusterOptions> = {}): Promise<Cluster> {
    const options = { ...puppets.options(1), ...changes }
    const starting = startCluster(options)
    const coordinator = await puppets.take('coordinator')
    await coordinator.say('ready {}')
    await puppets.takeOnline('pi1')
    return starting
  }

  it('counts only devices of its own that have come since it was started', async () => {
    const broker = await startTestBroker()
    await broker.announce('pi1')
    const progress: string[] = []
    const starting = startCluster({
      ...{ ...puppets.options(2), broker },
      onProgress: ({ step, done, total }) => progress.push(`${step} ${done} of ${total}`),
    })
    const waiting = ['coordinator', 'pi1', 'pi2'].map(name => puppets.take(name))
    for (const puppet of await Promise.all(waiting)) await puppet.say('ready {}')
    for (const device of ['pi9', 'pi2', 'pi2']) await broker.announce(device)
    expect(progress).to.deep.equal(['online 1 of 2'])
    await broker.announce('pi1')
    const cluster = await starting
    expect(cluster.broker).to.equal(undefined)
    await cluster.stop()
    await broker.close()
  })

  it('hands the base of the topics to every daemon', async () => {
    const cluster = await started({ base: 'home/cocoi' })
    const bases = puppets.all.map(({ environment }) => {
      const { mqtt } = JSON.parse(environment.NODE_CONFIG!)
      return mqtt.base
    })
    expect(bases).to.deep.equal(['home/cocoi', 'home/cocoi', 'home/cocoi'])
    await cluster.stop()
  })

  it('has a killed device back when it is ready, as another process of the same name', async () => {
    const cluster = await started()
    const [device] = cluster.devices
    const { pid } = device!
    device!.kill()
    const restarting = device!.restart()
    const puppet = await puppets.take('pi1')
    await puppet.say('ready {}')
    await restarting
    expect(device!.pid).to.equal(puppet.pid).and.not.to.equal(pid)
    await cluster.stop()
    await puppet.ended
  })

  it('tells a device another address of the broker, also when it is restarted', async () => {
    const urls: string[] = []
    const cluster = await started({
      deviceUrl: async (_, broker) => {
        urls.push(`${broker}/relayed`)
        return urls[0]!
      },
    })
    const restarting = cluster.devices[0]!.restart()
    const { say, environment } = await puppets.take('pi1')
    await say('ready {}')
    await restarting
    expect(JSON.parse(environment.NODE_CONFIG!).mqtt.url).to.equal(`${cluster.url}/relayed`)
    expect(urls).to.have.lengthOf(1)
    await cluster.stop()
  })

  it('has its broker back on the port it had', async () => {
    const cluster = await started()
    const { pid, ready } = cluster.broker!
    cluster.broker!.kill()
    await cluster.broker!.restart()
    expect(cluster.broker!.ready.port).to.equal(ready.port)
    expect(cluster.broker!.pid).not.to.equal(pid)
    await cluster.stop()
  })

  it('restarts the coordinator, once for two that ask for it', async () => {
    const cluster = await started()
    const restarting = [cluster.coordinator.restart(), cluster.coordinator.restart()]
    const puppet = await puppets.take('coordinator')
    await puppet.say('ready {"again":true}')
    await Promise.all(restarting)
    expect(cluster.coordinator.ready).to.deep.equal({ again: true })
    await cluster.stop()
    expect(puppets.all.filter(({ name }) => name === 'coordinator')).to.have.lengthOf(2)
  })

  it('starts nothing once it is stopping', async () => {
    const cluster = await started()
    const stopping = cluster.stop()
    const { code } = await rejection(cluster.coordinator.restart())
    expect(code).to.equal('ERR_CLUSTER_STOPPED')
    await stopping
    await Promise.all(puppets.all.map(({ ended }) => ended))
  })
})
