import { startCluster } from '@cocoi/testbed'
import { expect } from 'chai'
import { Puppets } from './puppets.ts'
import { rejection } from './rejection.ts'

describe('starting a virtual cluster', () => {
  let puppets: Puppets

  beforeEach(async () => {
    puppets = await Puppets.open()
  })
  afterEach(() => puppets.close())

  it('resolves when the coordinator is ready and every device online, and stops them all', async () => {
    const starting = startCluster(puppets.options(2))
    const online = ['pi1', 'pi2'].map(name => puppets.takeOnline(name))
    const coordinator = await puppets.take('coordinator')
    coordinator.say('ready {"coordinator":"main"}')
    const cluster = await starting
    expect(cluster.devices.map(({ id }) => id)).to.deep.equal(['pi1', 'pi2'])
    expect(cluster.devices.map(({ pid }) => pid)).to.deep.equal(
      (await Promise.all(online)).map(({ pid }) => pid),
    )
    expect(cluster.coordinator.ready).to.deep.equal({ coordinator: 'main' })
    await cluster.stop()
    await Promise.all(puppets.all.map(({ ended }) => ended))
  })

  it('ends every process, also those that are not ready, when one of them fails', async () => {
    const failed = rejection(startCluster(puppets.options(2)))
    const failing = await puppets.take('pi1')
    await Promise.all([puppets.take('pi2'), puppets.take('coordinator')])
    failing.log('no disk')
    failing.exit(3)
    const { code, message } = await failed
    expect(code).to.equal('ERR_DAEMON_FAILED')
    expect(message).to.equal('pi1 ended with exit code 3; its log ends with: no disk')
    expect(puppets.all).to.have.lengthOf(4)
    await Promise.all(puppets.all.map(({ ended }) => ended))
  })

  it('says which devices did not come online in time', async () => {
    const starting = startCluster({ ...puppets.options(3), readyTimeoutMs: 3000 })
    const failed = rejection(starting)
    await puppets.takeOnline('pi2')
    const waiting = ['coordinator', 'pi1', 'pi3'].map(async name => puppets.take(name))
    for (const puppet of await Promise.all(waiting)) puppet.say('ready {}')
    const { code, message } = await failed
    expect(code).to.equal('ERR_CLUSTER_TIMEOUT')
    expect(message).to.equal('not online after 3000 ms: pi1, pi3 of 3 devices')
  })

  it('leaves no timer and no promise behind when it fails', async () => {
    const options = { ...puppets.options(1), readyTimeoutMs: 600_000 }
    const starter = puppets.run('start', options)
    const [failing] = await Promise.all([puppets.take('pi1'), puppets.take('coordinator')])
    failing.exit(3)
    expect(await starter).to.deep.equal({ code: 0, stdout: 'ERR_DAEMON_FAILED\n', stderr: '' })
  })

  it('says which program could not be started', async () => {
    const options = { ...puppets.options(1), command: ['/no/such/program'] }
    const { code, message } = await rejection(startCluster(options))
    expect(code).to.equal('ERR_DAEMON_FAILED')
    expect(message).to.contain('broker could not be started (spawn /no/such/program ENOENT)')
  })
})
