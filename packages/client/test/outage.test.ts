import { expect } from 'chai'
import { type System, startSystem } from './system.ts'

const image = new Uint8Array([0xff, 0xd8, 0xff])

describe('infer during an outage', () => {
  let system: System

  beforeEach(async () => {
    system = await startSystem()
  })
  afterEach(() => system.close())

  it('publishes the same request again after a reconnect', async () => {
    const { client, coordinator, transport } = system
    const answer = client.infer('vgg16', { image })
    const first = await coordinator.requests.next()
    transport.sever()
    const second = await coordinator.requests.next()
    expect(second.request).to.equal(first.request)
    await coordinator.answer(second)
    expect((await answer).request).to.equal(first.request)
  })

  it('publishes what was asked while the broker was away', async () => {
    const { broker, client, coordinator } = system
    broker.stop()
    const answer = client.infer('vgg16', { image })
    broker.start()
    await coordinator.answer(await coordinator.requests.next())
    expect((await answer).model).to.equal('vgg16')
  })

  it('publishes the same request again to a coordinator that has restarted', async () => {
    const { client, coordinator } = system
    await coordinator.announce('online', 1)
    const answer = client.infer('vgg16', { image })
    const first = await coordinator.requests.next()
    await coordinator.announce('offline', 1)
    await coordinator.announce('online', 2)
    const second = await coordinator.requests.next()
    expect(second.request).to.equal(first.request)
    await coordinator.answer(second)
    await answer
  })

  it('publishes again to a coordinator whose end nobody has seen', async () => {
    const { client, coordinator } = system
    await coordinator.announce('online', 1)
    const answer = client.infer('vgg16', { image })
    await coordinator.requests.next()
    await coordinator.announce('online', 2)
    await coordinator.answer(await coordinator.requests.next())
    await answer
  })
})
