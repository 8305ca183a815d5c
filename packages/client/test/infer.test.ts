import { clientOver } from '@cocoi/client'
import { expect } from 'chai'
import { answerTo } from './coordinator.ts'
import { rejection } from './rejection.ts'
import { type System, startSystem } from './system.ts'

const image = new Uint8Array([0xff, 0xd8, 0xff])

describe('infer', () => {
  let system: System

  beforeEach(async () => {
    system = await startSystem()
  })
  afterEach(() => system.close())

  it('publishes an image and resolves with the answer, outputs in full', async () => {
    const { client, coordinator } = system
    const answer = client.infer('resnet18', { image })
    const received = await coordinator.requests.next()
    expect(received).to.deep.include({ model: 'resnet18', client: 'camera', image })
    expect(received.parameters).to.deep.equal({ format: 'cbor' })
    await coordinator.answer(received)
    expect(await answer).to.deep.equal(answerTo(received))
  })

  it('publishes tensors and parameters, and reads an answer in JSON if asked for', async () => {
    const { client, coordinator } = system
    const tensors = [{ name: 'input', type: 'uint8', dims: [2], data: image.slice(0, 2) } as const]
    const parameters = { format: 'json', scheme: 'mds:6,4', deadlineMs: 900 } as const
    const answer = client.infer('vgg16', { tensors }, { ...parameters, request: 'frame-1' })
    const received = await coordinator.requests.next()
    expect(received).to.deep.include({ request: 'frame-1', tensors, parameters })
    await coordinator.answer(received)
    expect((await answer).outputs).to.deep.equal(answerTo(received).outputs)
  })

  it('gives each of several requests its own answer, in whatever order they come', async () => {
    const { client, coordinator } = system
    const answers = ['a', 'b', 'c'].map(model => client.infer(model, { image }))
    const received = [1, 2, 3].map(() => coordinator.requests.next())
    for (const request of (await Promise.all(received)).reverse()) await coordinator.answer(request)
    const models = (await Promise.all(answers)).map(({ model }) => model)
    expect(models).to.deep.equal(['a', 'b', 'c'])
  })

  it('rejects with the code and message of a failure', async () => {
    const { client, coordinator } = system
    const failed = rejection(client.infer('vgg61', { image }))
    const received = await coordinator.requests.next()
    const error = { code: 'ERR_UNKNOWN_MODEL', message: 'no model vgg61; there is vgg16' }
    await coordinator.answer(received, { request: received.request, error })
    expect(await failed).to.deep.include({ name: 'InferenceError', ...error })
  })

  it('cancels at the coordinator when its signal aborts, and rejects with the reason', async () => {
    const { client, coordinator } = system
    const abort = new AbortController()
    const failed = rejection(client.infer('vgg16', { image }, { signal: abort.signal }))
    const { request } = await coordinator.requests.next()
    abort.abort(new Error('the visitor left'))
    expect((await failed).message).to.equal('the visitor left')
    expect(await coordinator.cancelled.next()).to.equal(request)
  })

  it('publishes nothing if its signal has aborted already', async () => {
    const { client, coordinator } = system
    const signal = AbortSignal.abort(new Error('too late'))
    const failed = await rejection(client.infer('vgg16', { image }, { signal }))
    expect(failed.message).to.equal('too late')
    const next = client.infer('resnet18', { image })
    await coordinator.answer(await coordinator.requests.next())
    expect((await next).model).to.equal('resnet18')
  })

  it('refuses what the coordinator would refuse, before anything is published', async () => {
    const { client, coordinator } = system
    const tensors = [{ name: 'x', type: 'float32', dims: [1, 3], data: image } as const]
    const refused = [
      client.infer('no/such', { image }),
      client.infer('vgg16', { tensors }),
      client.infer('vgg16', { image }, { deadlineMs: -1 }),
    ]
    const codes = await Promise.all(refused.map(async one => (await rejection(one)).code))
    expect(codes).to.deep.equal(['ERR_BAD_IDENTIFIER', 'ERR_BAD_MESSAGE', 'ERR_BAD_MESSAGE'])
    expect(coordinator.requests.all).to.deep.equal([])
  })

  it('refuses an id that is waiting for its answer, and takes it again afterwards', async () => {
    const { client, coordinator } = system
    const first = client.infer('vgg16', { image }, { request: 'door' })
    const refused = await rejection(client.infer('vgg16', { image }, { request: 'door' }))
    expect(refused.code).to.equal('ERR_REQUEST_IN_USE')
    await coordinator.answer(await coordinator.requests.next())
    await first
    const second = client.infer('vgg16', { image }, { request: 'door' })
    await coordinator.answer(await coordinator.requests.next())
    expect((await second).request).to.equal('door')
  })

  it('refuses at once what the transport cannot send', async () => {
    const transport = system.broker.connect({ clientId: 'small', maxMessageBytes: 1000 })
    const client = await clientOver(transport, { id: 'small' })
    const large = { image: new Uint8Array(5000) }
    const refused = await rejection(client.infer('vgg16', large, { request: 'door' }))
    expect(refused).to.deep.include({ name: 'TransportError', code: 'ERR_TOO_LARGE' })
    const answer = client.infer('vgg16', { image }, { request: 'door' })
    await system.coordinator.answer(await system.coordinator.requests.next())
    await answer
    await client.close()
  })

  it('drops malformed answers, counts them, and waits for the right one', async () => {
    const { client, coordinator } = system
    const answer = client.infer('vgg16', { image })
    const received = await coordinator.requests.next()
    const topic = coordinator.names.result(received)
    await coordinator.publish(topic, new TextEncoder().encode('{"outputs": 1}'))
    await coordinator.publish(topic, new Uint8Array())
    await coordinator.answer(received)
    expect((await answer).model).to.equal('vgg16')
    expect(client.drops).to.deep.equal([{ kind: 'result', code: 'ERR_BAD_MESSAGE', count: 2 }])
  })

  it('cancels what is waiting when the client closes', async () => {
    const { client, coordinator } = system
    const failed = rejection(client.infer('vgg16', { image }, { request: 'last' }))
    await coordinator.requests.next()
    await client.close()
    expect((await failed).code).to.equal('ERR_CLOSED')
    expect(await coordinator.cancelled.next()).to.equal('last')
    expect((await rejection(client.infer('vgg16', { image }))).code).to.equal('ERR_CLOSED')
  })
})
