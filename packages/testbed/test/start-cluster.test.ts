import { startCluster } from '@cocoi/testbed'
import { expect } from 'chai'
import { Puppets } from './puppets.ts'
import { rejection } from './rejection.ts'
import { startTestBroker } from './test-broker.ts'

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
    await coordinator.say('ready {"coordinator":"main"}')
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
    await failing.log('no disk')
    failing.exit(3)
    const { code, message } = await failed
    expect(code).to.equal('ERR_DAEMON_FAILED')
    expect(message).to.equal('pi1 ended with exit code 3; its log ends with: no disk')
    expect(puppets.all).to.have.lengthOf(4)
    await Promise.all(puppets.all.map(({ ended }) => ended))
  })

  it('says which devices did not come online in time', async () => {
    const broker = await startTestBroker()
    const options = { ...puppets.options(3), broker, readyTimeoutMs: 3000 }
    const failed = rejection(startCluster(options))
    const waiting = ['coordinator', 'pi1', 'pi2', 'pi3'].map(name => puppets.take(name))
    for (const puppet of await Promise.all(waiting)) await puppet.say('ready {}')
    await broker.announce('pi2')
    const { code, message } = await failed
    expect(code).to.equal('ERR_CLUSTER_TIMEOUT')
    expect(message).to.equal('not online after 3000 ms: pi1, pi3 of 3 devices')
    await broker.close()
  })

  it('can be ended while it starts, and ends every process with it', async () => {
    const abort = new AbortController()
    const failed = rejection(startCluster({ ...puppets.options(2), signal: abort.signal }))
    await Promise.all([puppets.take('pi1'), puppets.take('pi2'), puppets.take('coordinator')])
    abort.abort(new Error('Ctrl-C'))
    expect((await failed).message).to.equal('Ctrl-C')
    await Promise.all(puppets.all.map(({ ended }) => ended))
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
