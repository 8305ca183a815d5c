import type { CoordinatorNews, DeviceNews } from '@cocoi/client'
import {
  encodeCoordinatorHealth,
  encodeDeviceHealth,
  encodeEvent,
  encodeModelState,
  encodeStatus,
  type ModelState,
  type Status,
  type SystemEvent,
} from '@cocoi/protocol'
import { expect } from 'chai'
import { Inbox } from './inbox.ts'
import { type System, startSystem } from './system.ts'

const since = '2025-01-01T00:00:00Z'

function deviceHealth(session: number, seq: number): Uint8Array {
  return encodeDeviceHealth({
    session,
    seq,
    uptimeS: 1,
    memory: { rssBytes: 1, freeBytes: 1 },
    queue: { waiting: 0, running: 0 },
    subtasks: { done: 0, failed: 0, cancelled: 0, expired: 0 },
    eventLoopLagMs: 0,
  })
}

/** News in a few words. */
function brief(news: DeviceNews): string {
  const said =
    'status' in news
      ? `${news.status.state} ${news.status.session}`
      : `beat ${news.health.seq} of ${news.health.session}`
  return `${news.device} ${said}`
}

describe('watching', () => {
  let system: System

  beforeEach(async () => {
    system = await startSystem()
  })
  afterEach(() => system.close())

  function announce(device: string, state: Status['state'], session: number): Promise<void> {
    const topic = system.coordinator.names.deviceStatus({ device })
    return system.coordinator.publish(topic, encodeStatus({ state, session, since }), true)
  }

  function beat(device: string, session: number, seq: number): Promise<void> {
    const topic = system.coordinator.names.deviceHealth({ device })
    return system.coordinator.publish(topic, deviceHealth(session, seq), true)
  }

  async function watched(): Promise<Inbox<string>> {
    const seen = new Inbox<string>()
    await system.client.watch.devices(news => seen.put(brief(news)))
    return seen
  }

  it('shows devices that announced themselves before, and every change from then on', async () => {
    await announce('pi1', 'online', 1)
    const seen = await watched()
    expect(await seen.next()).to.equal('pi1 online 1')
    await beat('pi1', 1, 5)
    expect(await seen.next()).to.equal('pi1 beat 5 of 1')
    await announce('pi2', 'draining', 1)
    expect(await seen.next()).to.equal('pi2 draining 1')
  })

  it('shows a second watcher what is known already, and the first one nothing twice', async () => {
    const first = await watched()
    await announce('pi1', 'online', 1)
    await first.next()
    const second = await watched()
    expect(await second.next()).to.equal('pi1 online 1')
    await announce('pi1', 'stopped', 1)
    expect(await first.next()).to.equal('pi1 stopped 1')
  })

  it('ends the calls to one watcher and not to the other', async () => {
    const ended = new Inbox<DeviceNews>()
    const end = await system.client.watch.devices(ended.put)
    const seen = await watched()
    end()
    await announce('pi1', 'online', 1)
    await seen.next()
    expect(ended.all).to.deep.equal([])
  })

  it('ignores the late will and heartbeat of an older session', async () => {
    const seen = await watched()
    await announce('pi1', 'online', 2)
    await announce('pi1', 'offline', 1)
    await beat('pi1', 1, 9)
    await beat('pi1', 2, 1)
    expect(await seen.next()).to.equal('pi1 online 2')
    expect(await seen.next()).to.equal('pi1 beat 1 of 2')
  })

  it('believes a device that is online again after its clock was set back', async () => {
    const seen = await watched()
    await announce('pi1', 'offline', 2)
    await announce('pi1', 'online', 1)
    await announce('pi1', 'offline', 1)
    expect(await seen.next()).to.equal('pi1 offline 2')
    expect(await seen.next()).to.equal('pi1 online 1')
    expect(await seen.next()).to.equal('pi1 offline 1')
  })

  it('does not show a device that was removed from the broker to a later watcher', async () => {
    const seen = await watched()
    await announce('pi1', 'offline', 1)
    const topic = system.coordinator.names.deviceStatus({ device: 'pi1' })
    await system.coordinator.publish(topic, new Uint8Array(), true)
    await announce('pi2', 'online', 1)
    await seen.find(news => news === 'pi2 online 1')
    const later = await watched()
    expect(later.all).to.deep.equal(['pi2 online 1'])
  })

  it('skips malformed messages and counts them', async () => {
    const seen = await watched()
    const topic = system.coordinator.names.deviceStatus({ device: 'pi1' })
    await system.coordinator.publish(topic, new Uint8Array([1, 2, 3]))
    await system.coordinator.publish('cocoi/devices/*/status', new Uint8Array([1]))
    await announce('pi1', 'online', 1)
    await seen.next()
    expect(system.client.drops).to.deep.equal([
      { kind: 'deviceStatus', code: 'ERR_BAD_MESSAGE', count: 1 },
      { kind: 'unknown', code: 'ERR_BAD_TOPIC', count: 1 },
    ])
  })

  it('tells every watcher, also when one of them throws', async () => {
    await system.client.watch.devices(() => {
      throw new Error('a fault of the application')
    })
    const seen = await watched()
    await announce('pi1', 'online', 1)
    expect(await seen.next()).to.equal('pi1 online 1')
    expect(system.client.drops).to.deep.equal([])
  })

  it('shows the coordinator with its heartbeat', async () => {
    const seen = new Inbox<CoordinatorNews>()
    await system.client.watch.coordinator(seen.put)
    await system.coordinator.announce('online', 1)
    const health = encodeCoordinatorHealth({
      ...{ session: 1, seq: 1, spare: 2, eventLoopLagMs: 0, dropped: 0 },
      devices: { online: 6, suspect: 0 },
      inferences: { running: 0, waiting: 0, done: 0, failed: 0, superseded: 0 },
    })
    await system.coordinator.publish(system.coordinator.names.coordinatorHealth(), health, true)
    expect(await seen.next()).to.have.nested.property('status.state', 'online')
    expect(await seen.next()).to.have.nested.property('health.spare', 2)
  })

  it('shows the models', async () => {
    const seen = new Inbox<ModelState>()
    await system.client.watch.models(seen.put)
    const state = { name: 'vgg16', version: '1', state: 'ready' } as const
    const topic = system.coordinator.names.modelState({ model: 'vgg16' })
    await system.coordinator.publish(topic, encodeModelState(state), true)
    expect(await seen.next()).to.deep.equal(state)
  })

  it('passes events on, and none from before', async () => {
    const seen = new Inbox<SystemEvent>()
    await system.client.watch.events(seen.put)
    const event = { type: 'device-joined', at: since, device: 'pi1' }
    await system.coordinator.publish(system.coordinator.names.events(), encodeEvent(event))
    expect(await seen.next()).to.deep.equal(event)
    const later = new Inbox<SystemEvent>()
    await system.client.watch.events(later.put)
    expect(later.all).to.deep.equal([])
  })
})
