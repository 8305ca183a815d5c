import { Presence } from '@cocoi/coordinator'
import { parseStatus, topics } from '@cocoi/protocol'
import { MemoryBroker } from '@cocoi/transport'
import { expect } from 'chai'

describe('the presence of a coordinator', () => {
  it('is said again where the broker has lost it', async () => {
    const [known, broker] = [topics(), new MemoryBroker()]
    const control = broker.connect({ clientId: 'main' })
    const presence = new Presence({
      ...{ version: 'test', topics: known, control, heartbeatMs: 2 },
      condition: () => ({
        ...{ devices: { online: 0, suspect: 0 }, spare: 0, eventLoopLagMs: 0, dropped: 0 },
        inferences: { running: 0, waiting: 0, done: 0, failed: 0, superseded: 0 },
      }),
      onError: (_, error) => expect.fail(String(error)),
    })
    await presence.born(7)
    const topic = known.coordinatorStatus()
    await control.publish(topic, new Uint8Array(), { qos: 1, retain: true, timeoutMs: 1000 })
    const newcomer = broker.connect({ clientId: 'newcomer' })
    const status = await new Promise<Uint8Array>(resolve => {
      void newcomer.subscribe(topic, (_, payload) => resolve(payload))
    })
    expect(parseStatus(status)).to.include({ state: 'online', session: 7, version: 'test' })
    await presence.leave()
    await Promise.all([newcomer.close(), control.close()])
  })
})
