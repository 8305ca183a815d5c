import { join } from 'node:path'
import type { SystemEvent } from '@cocoi/protocol'
import { expect } from 'chai'
import { CocoiProgram } from '../helpers/cocoi-program.ts'
import { startVirtualCluster, type VirtualCluster } from '../helpers/virtual-cluster.ts'

describe('a second device of the same name', function () {
  this.timeout(90_000)
  let cluster: VirtualCluster

  before(async () => {
    cluster = await startVirtualCluster({ devices: 2, models: {} })
  })
  after(() => cluster?.stop())

  it('is sent away with a sentence and an event, and the first one stays', async () => {
    const events: SystemEvent[] = []
    await cluster.client.watch.events(event => events.push(event))
    const { instance } = cluster.view.devices.get('pi1')!.status!
    const args = ['device', '--id', 'pi1', '--state', join(cluster.folder, 'copy')]
    const second = new CocoiProgram(args, { COCOI_MQTT_URL: cluster.url })
    const { code, stderr } = await second.ended
    expect(code, stderr).to.equal(2)
    expect(stderr).to.match(/another device is named "pi1".*device\.id.*ERR_DUPLICATE_ID/)
    await cluster.view.until('the first one is there', ({ devices, coordinator }) => {
      const { state, instance: present } = devices.get('pi1')?.status ?? {}
      const { online } = coordinator.health?.devices ?? {}
      return state === 'online' && present === instance && online === 2
    })
    const told = events.filter(({ type }) => type === 'device-duplicate')
    expect(told.map(({ device }) => device)).to.deep.equal(['pi1'])
  })
})
