import { setTimeout as delay } from 'node:timers/promises'
import type { CoordinatorConfig } from '@cocoi/service'
import { expect } from 'chai'
import { answerOf, MemoryCluster, widestStage } from './memory-cluster.ts'
import { MuteDevice } from './mute-device.ts'
import { smallInput, smallModelBytes } from './small-model.ts'

const deadlineMs = 20_000

describe('a coordinator among devices that fail it', function () {
  this.timeout(30_000)
  let cluster: MemoryCluster
  const mutes: MuteDevice[] = []

  async function withDevices(
    count: number,
    settings: Partial<CoordinatorConfig> = {},
  ): Promise<void> {
    cluster = await MemoryCluster.start({ small: smallModelBytes() }, settings)
    for (let i = 1; i <= count; i++) await cluster.addDevice(`pi${i}`)
  }

  async function addMute(id: string): Promise<MuteDevice> {
    const mute = new MuteDevice(id, cluster.connect(id))
    mutes.push(mute)
    await mute.join()
    return mute
  }

  afterEach(async () => {
    for (const mute of mutes.splice(0)) mute.leave()
    await cluster.stop()
  })

  it('does not wait for ever for one that says nothing to a plan', async () => {
    await withDevices(3)
    const mute = await addMute('pi4')
    const parameters = { scheme: 'mds:4,3', deadlineMs }
    const result = answerOf(await cluster.ask('small', [smallInput()], parameters))
    expect(result.devices.used).not.to.include('pi4')
    expect(mute.subtasks).to.deep.equal([])
  })

  it('computes by itself when nobody says anything to a plan', async () => {
    await withDevices(0)
    await addMute('pi1')
    await addMute('pi2')
    const parameters = { scheme: 'uncoded', deadlineMs: 3000 }
    const result = answerOf(await cluster.ask('small', [smallInput()], parameters))
    expect(result.devices.used).to.deep.equal(['(coordinator)'])
  })

  it('keeps its plan while most devices have not loaded the next', async () => {
    await withDevices(2, { readyTimeoutMs: 1000 })
    const widest = async () =>
      widestStage(await cluster.ask('small', [smallInput()], { scheme: 'uncoded' }))
    expect(await widest()).to.equal(2)
    const [mute] = await Promise.all(['pi3', 'pi4', 'pi5'].map(addMute))
    while (mute!.released.length === 0) expect(await widest()).to.equal(2)
    expect(mute!.released, 'the present one').not.to.include((await mute!.plan()).id)
    await cluster.addDevice('pi6')
    while ((await widest()) !== 6) await delay(50)
  })

  it('gives work to one that becomes ready while a stage waits', async () => {
    await withDevices(0)
    const [slow, late] = [await addMute('pi1'), await addMute('pi2')]
    const asked = cluster.ask('small', [smallInput()], { scheme: 'replication:2', deadlineMs })
    await slow.sayReady(await slow.plan())
    await slow.subtask()
    await late.sayReady(await late.plan())
    await slow.announce('offline')
    await late.subtask()
    await late.announce('offline')
    expect(answerOf(await asked).devices.used).to.deep.equal(['(coordinator)'])
  })

  it('asks one that has refused again', async () => {
    await withDevices(1)
    const mute = await addMute('pi2')
    const asked = cluster.ask('small', [smallInput()], { scheme: 'uncoded', deadlineMs })
    await mute.sayRefused(await mute.plan(), 'ERR_DISK_FULL')
    expect(answerOf(await asked).plan.notes.join()).to.contain('it does not want to')
    expect((await mute.plan(2)).id).to.equal((await mute.plan(1)).id)
  })

  it('takes the result of one it had given up while it computes by itself', async () => {
    await withDevices(0)
    const mute = await addMute('pi1')
    const asked = cluster.ask('small', [smallInput()], { scheme: 'whole', deadlineMs })
    const plan = await mute.plan()
    await mute.sayReady(plan)
    const subtask = await mute.subtask()
    const nothing = new Uint8Array(16 * 14 * 14 * 4)
    const result = { type: 'float32' as const, dims: [1, 16, 14, 14], data: nothing }
    await Promise.all([mute.announce('offline'), mute.sayResult(plan, subtask, [result])])
    expect(answerOf(await asked).devices.used).to.deep.equal(['pi1'])
  })

  it('believes nobody who answers for another device', async () => {
    await withDevices(0)
    const [mute, liar] = [await addMute('pi1'), await addMute('pi2')]
    const asked = cluster.ask('small', [smallInput()], { scheme: 'whole', deadlineMs })
    const plan = await mute.plan()
    await mute.sayReady(plan)
    const subtask = await mute.subtask()
    const nothing = new Uint8Array(16 * 14 * 14 * 4)
    const result = { type: 'float32' as const, dims: [1, 16, 14, 14], data: nothing }
    await liar.sayResult(plan, subtask, [result])
    await mute.announce('offline')
    expect(answerOf(await asked).devices.used).to.deep.equal(['(coordinator)'])
  })

  it('hedges a subtask that takes longer than they ever do', async () => {
    await withDevices(2)
    const mute = await addMute('pi3')
    const ask = () => cluster.ask('small', [smallInput()], { scheme: 'uncoded', deadlineMs })
    const warming = ask()
    await mute.sayRefused(await mute.plan(), 'ERR_DISK_FULL')
    await warming
    for (let i = 0; i < 8; i++) answerOf(await ask())
    await mute.sayReady(await mute.plan())
    const { devices } = answerOf(await ask())
    expect(mute.subtasks).to.have.length(2)
    expect(devices.late).to.deep.equal(['pi3'])
  })

  it('goes on alone while the broker is away', async () => {
    await withDevices(0)
    const mute = await addMute('pi1')
    const asked = cluster.ask('small', [smallInput()], { scheme: 'whole', deadlineMs })
    await mute.sayReady(await mute.plan())
    await mute.subtask()
    cluster.broker.stop()
    cluster.broker.start()
    expect(answerOf(await asked).devices.used).to.deep.equal(['(coordinator)'])
  })
})
