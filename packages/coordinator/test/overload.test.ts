import {
  encodeInferenceRequest,
  type InferenceParameters,
  type InferenceResult,
  parseCoordinatorHealth,
  parseInferenceResult,
} from '@cocoi/protocol'
import type { Transport } from '@cocoi/transport'
import { expect } from 'chai'
import { answerOf, failureOf, known, MemoryCluster } from './memory-cluster.ts'
import { slowModelBytes, smallInput, smallModelBytes } from './small-model.ts'

const qos1 = { qos: 1, timeoutMs: 30_000 } as const

const frame = (seed: number, parameters: InferenceParameters = {}) =>
  encodeInferenceRequest({
    tensors: [smallInput(seed)],
    parameters: { format: 'cbor', ...parameters },
  })

/** How a request ended: `answered` or the code. */
const endOf = (result: InferenceResult) => ('error' in result ? result.error.code : 'answered')

describe('Coordinator, asked for more than it can do', function () {
  this.timeout(60_000)
  let cluster: MemoryCluster

  afterEach(() => cluster.stop())

  async function start(settings = {}): Promise<void> {
    const models = { small: smallModelBytes(), slow: slowModelBytes() }
    cluster = await MemoryCluster.start(models, { maxRunning: 1, ...settings })
    for (const model of ['small', 'slow']) answerOf(await cluster.ask(model, [smallInput()]))
  }

  /** Resolves with the first `count` results for a client other than the sensor of the cluster. */
  async function results(client: string, count: number): Promise<() => Promise<string[]>> {
    const reader = cluster.connect(`${client}-reader`)
    const ends: string[] = []
    const all = new Promise<string[]>(resolve => {
      const take = (_: string, payload: Uint8Array) => {
        ends.push(endOf(parseInferenceResult(payload)))
        if (ends.length === count) resolve(ends)
      }
      for (const filter of known.filters('result', { client })) void reader.subscribe(filter, take)
    })
    await reader.subscribe(known.events(), () => undefined) // granted after those before
    return () => all
  }

  const send = (sender: Transport, client: string, request: number, seed = 1) =>
    sender.publish(known.infer({ model: 'slow', client, request: `${request}` }), frame(seed), qos1)

  it('answers the newest frame of a camera, and says of those it did not come to that they are old', async () => {
    await start()
    const ends = await results('door', 5)
    const camera = cluster.connect('door')
    const topic = known.infer({ model: 'slow', client: 'door' })
    await Promise.all([1, 2, 3, 4, 5].map(seed => camera.publish(topic, frame(seed), qos1)))
    expect((await ends()).sort()).to.deep.equal([
      ...Array(3).fill('ERR_SUPERSEDED'),
      ...Array(2).fill('answered'),
    ])
    expect(await health()).to.deep.include({ superseded: 3, failed: 0, waiting: 0 })
  })

  it('supersedes requests that have an identifier only if they ask for it', async () => {
    await start()
    const ends = ['a', 'b', 'c', 'd', 'e'].map((request, i) =>
      cluster.ask('slow', [smallInput()], { request, ...(i > 2 && { latest: true }) }),
    )
    expect((await Promise.all(ends)).map(endOf)).to.deep.equal([
      ...['answered', 'answered', 'answered'],
      ...['ERR_SUPERSEDED', 'answered'],
    ])
  })

  it('lets one with single requests pass one with a deep queue of a slow model', async () => {
    await start({ maxWaiting: 20 })
    const crowd = cluster.connect('crowd')
    const ends = await results('crowd', 40)
    const sent = Promise.all(Array.from({ length: 40 }, (_, i) => send(crowd, 'crowd', i)))
    let crowdIsDone = false
    const crowdEnds = ends().finally(() => {
      crowdIsDone = true
    })
    for (const request of ['first', 'second', 'third']) {
      answerOf(await cluster.ask('small', [smallInput()], { request }))
      expect(crowdIsDone).to.equal(false)
    }
    await sent
    const codes = await crowdEnds
    expect(codes).to.include('answered').and.to.include('ERR_OVERLOADED')
  })

  it('refuses JSON unread while there is no place for it', async () => {
    await start({ maxWaiting: 1 })
    const unreadable = (text: string) => new TextEncoder().encode(text)
    const asked = ['a', 'b'].map(request => cluster.ask('slow', [smallInput()], { request }))
    const json = await cluster.send('slow', 'json', unreadable('{"inputs": 3}'))
    expect(failureOf(json).code).to.equal('ERR_OVERLOADED')
    for (const result of await Promise.all(asked)) answerOf(result)
    const later = await cluster.send('slow', 'json', unreadable('{"inputs": 3}'))
    expect(failureOf(later).code).to.equal('ERR_BAD_MESSAGE')
  })

  it('says that the deadline has passed while the model was being prepared, and goes on', async () => {
    cluster = await MemoryCluster.start({ slow: slowModelBytes() }, { maxRunning: 1 })
    const hasty = cluster.ask('slow', [smallInput()], { deadlineMs: 1, request: 'hasty' })
    const patient = cluster.ask('slow', [smallInput()], { request: 'patient' })
    expect(failureOf(await hasty).code).to.equal('ERR_DEADLINE')
    answerOf(await patient)
  })

  /** What a heartbeat that comes after now says of the inferences. */
  function health() {
    let beats = 0
    return new Promise(resolve => {
      const take = (_: string, payload: Uint8Array) => {
        if (++beats === 3) resolve(parseCoordinatorHealth(payload).inferences)
      }
      void cluster.sensor.subscribe(known.coordinatorHealth(), take)
    })
  }
})
