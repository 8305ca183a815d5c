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

  it('publishes once what the transport itself sends after an outage', async () => {
    const { broker, client, coordinator } = system
    broker.stop()
    const first = client.infer('vgg16', { image }, { request: 'first' })
    broker.start()
    await coordinator.answer(await coordinator.requests.next())
    await first
    const second = client.infer('vgg16', { image }, { request: 'second' })
    await coordinator.answer(await coordinator.requests.next())
    await second
    const ids = coordinator.requests.all.map(({ request }) => request)
    expect(ids).to.deep.equal(['first', 'second'])
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

  it('publishes again to a coordinator that comes while the request is on its way', async () => {
    const { client, coordinator } = system
    const arrived = coordinator.announce('online', 1)
    const answer = client.infer('vgg16', { image })
    await arrived
    const first = await coordinator.requests.next()
    const second = await coordinator.requests.next()
    expect(second.request).to.equal(first.request)
    await coordinator.answer(second)
    await answer
  })

  it('publishes the same request again after a silence, and after one twice as long', async () => {
    const { client, coordinator } = system
    const answer = client.infer('vgg16', { image }, { timeoutMs: 2000 })
    const ids: (string | undefined)[] = []
    for (let times = 0; times < 2; times++) ids.push((await coordinator.requests.next()).request)
    const last = await coordinator.requests.next()
    expect(ids).to.deep.equal([last.request, last.request])
    await coordinator.answer(last)
    await answer
  })

  it('needs only one of two answers to a repeated request', async () => {
    const { client, coordinator } = system
    const answer = client.infer('vgg16', { image }, { request: 'twice' })
    const received = await coordinator.requests.next()
    await coordinator.answer(received)
    await coordinator.answer(received)
    await answer
    const next = client.infer('vgg16', { image })
    await coordinator.answer(await coordinator.requests.next())
    await next
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
