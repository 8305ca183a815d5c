import { expect } from 'chai'
import { Inbox } from './inbox.ts'
import { rejection } from './rejection.ts'
import { type System, startSystem } from './system.ts'

const image = new Uint8Array([0xff, 0xd8, 0xff])

describe('a request without an answer', () => {
  let system: System

  beforeEach(async () => {
    system = await startSystem()
  })
  afterEach(() => system.close())

  const unanswered = (timeoutMs = 20) =>
    rejection(system.client.infer('vgg16', { image }, { timeoutMs }))

  /** Announces the state and waits until the client has heard of it. */
  async function announced(state: 'online' | 'offline'): Promise<void> {
    const seen = new Inbox<string>()
    await system.client.watch.coordinator(news => {
      if ('status' in news) seen.put(news.status.state)
    })
    await system.coordinator.announce(state, 1)
    await seen.find(one => one === state)
  }

  it('says that no coordinator has announced itself, and is cancelled', async () => {
    const failed = await unanswered()
    expect(failed.code).to.equal('ERR_NO_ANSWER')
    expect(failed.message).to.contain('within 20 ms: no coordinator has announced itself')
    const { request } = await system.coordinator.requests.next()
    expect(await system.coordinator.cancelled.next()).to.equal(request)
  })

  it('says that the coordinator is offline', async () => {
    await announced('offline')
    const { message } = await unanswered()
    expect(message).to.contain('the coordinator is offline since 2025-01-01T00:00:00Z')
  })

  it('says that the coordinator is online', async () => {
    await announced('online')
    expect((await unanswered()).message).to.contain('the coordinator is online; check its log')
  })

  it('says that there is no connection to the broker', async () => {
    system.broker.stop()
    const { message } = await unanswered()
    expect(message).to.contain('there is no connection to the broker')
    system.broker.start()
  })

  it('says how many messages were malformed', async () => {
    const failed = unanswered(200)
    const received = await system.coordinator.requests.next()
    const topic = system.coordinator.names.result(received)
    await system.coordinator.publish(topic, new Uint8Array([1, 2, 3]))
    expect((await failed).message).to.contain('; 1 malformed messages were skipped')
  })

  it('waits a little longer than the deadline it gives the coordinator', async () => {
    const { client, coordinator } = system
    const answer = client.infer('vgg16', { image }, { deadlineMs: 1 })
    await coordinator.answer(await coordinator.requests.next())
    expect((await answer).model).to.equal('vgg16')
  })
})
