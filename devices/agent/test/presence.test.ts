import { Presence } from '@cocoi/device-agent'
import { parseStatus, type Status, topics } from '@cocoi/protocol'
import { MemoryBroker, type Transport } from '@cocoi/transport'
import { expect } from 'chai'

describe('the presence of a device', () => {
  const known = topics()
  let broker: MemoryBroker
  let control: Transport
  let presence: Presence

  beforeEach(() => {
    broker = new MemoryBroker()
    control = broker.connect({ clientId: 'pi-1' })
    presence = new Presence({
      ...{ device: 'pi-1', version: 'test', instance: '0123456789abcdef', topics: known, control },
      heartbeatMs: 2,
      workload: () => ({
        queue: { waiting: 0, running: 0 },
        subtasks: { done: 0, failed: 0, cancelled: 0, expired: 0 },
        eventLoopLagMs: 0,
      }),
      vitals: async () => ({ memory: { rssBytes: 1, freeBytes: 1 } }),
      onError: (_, error) => expect.fail(String(error)),
    })
  })

  afterEach(() => presence.leave('stopped', 'the test is over'))

  /** The next state that somebody hears who has just come. */
  async function heard(): Promise<Status> {
    const newcomer = broker.connect({ clientId: 'newcomer' })
    const status = await new Promise<Status>(resolve => {
      const onStatus = (_: string, payload: Uint8Array) => {
        if (payload.byteLength > 0) resolve(parseStatus(payload))
      }
      void newcomer.subscribe(known.deviceStatus({ device: 'pi-1' }), onStatus)
    })
    await newcomer.close()
    return status
  }

  /** As a cluster of brokers may that has lost a node. */
  function loseState(): Promise<void> {
    const topic = known.deviceStatus({ device: 'pi-1' })
    return control.publish(topic, new Uint8Array(), { qos: 1, retain: true, timeoutMs: 1000 })
  }

  it('is said again where the broker has lost it', async () => {
    await presence.born(7)
    const before = await heard()
    await loseState()
    expect(await heard()).to.deep.equal(before)
  })

  it('is said again with its reason', async () => {
    await presence.born(7)
    await presence.leave('draining', 'it is to be updated')
    const before = await heard()
    await loseState()
    expect(await heard()).to.deep.equal(before)
    expect(before).to.include({ state: 'draining', reason: 'it is to be updated', session: 7 })
  })
})
