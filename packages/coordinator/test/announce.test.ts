import { EventEmitter, once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Coordinator } from '@cocoi/coordinator'
import { encodeInferenceRequest, parseInferenceResult, parseStatus, topics } from '@cocoi/protocol'
import { type CoordinatorConfig, createLogger } from '@cocoi/service'
import { MemoryBroker, type MemoryTransport } from '@cocoi/transport'
import { expect } from 'chai'

const names = topics()
const image = new Uint8Array([0xff, 0xd8, 0xff])

function configOf(folder: string): CoordinatorConfig {
  return {
    ...{ id: 'main', models: join(folder, 'models'), state: join(folder, 'state'), threads: 1 },
    ...{ scheme: 'mds', axis: 'rows', transport: 'float32', minIntensity: 32, heartbeatMs: 1000 },
    ...{ readyTimeoutMs: 20_000, subtaskTimeoutMs: 20_000, deadlineMs: 20_000, maxRunning: 1 },
    ...{ maxWaiting: 8, maxWaitingBytes: 1e6, maxOutstanding: 1, maxImagePixels: 1e6 },
    ...{ maxInputBytes: 1e6, blobChunkBytes: 1e5 },
  } as CoordinatorConfig
}

/** Publishes a request the moment it sees a coordinator online, as a client may. */
async function askWhenOnline(client: MemoryTransport): Promise<EventEmitter> {
  const asked = new EventEmitter()
  await client.subscribe('cocoi/result/camera/+', (_, payload) => {
    asked.emit('answer', parseInferenceResult(payload))
  })
  await client.subscribe(names.coordinatorStatus(), (_, payload) => {
    const { state, session } = parseStatus(payload)
    if (state !== 'online') return
    const topic = names.infer({ model: 'none', client: 'camera', request: `s${session}` })
    const body = encodeInferenceRequest({ image, parameters: {} })
    void client.publish(topic, body, { qos: 1, timeoutMs: 20_000 })
  })
  return asked
}

describe('a coordinator that announces itself', () => {
  let folder: string
  let broker: MemoryBroker
  let coordinator: Coordinator
  let transports: Record<'control' | 'data' | 'requests' | 'client', MemoryTransport>

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cocoi-announce-'))
    broker = new MemoryBroker()
    const connect = (clientId: string) => broker.connect({ clientId })
    transports = {
      control: connect('main-control'),
      data: connect('main-data'),
      requests: connect('main-requests'),
      client: connect('camera'),
    }
  })
  afterEach(async () => {
    await coordinator.stop()
    await Promise.all(Object.values(transports).map(transport => transport.close()))
    await rm(folder, { recursive: true, force: true })
  })

  async function start(): Promise<Coordinator> {
    const logger = createLogger({ level: 'error', name: 'coordinator', json: false })
    const { control, data, requests } = transports
    const config = configOf(folder)
    return Coordinator.start({
      ...{ config, version: '1', topics: names, control, data, requests, logger, lagMs: () => 0 },
    })
  }

  it('answers who asks it at once', async () => {
    const answer = once(await askWhenOnline(transports.client), 'answer')
    coordinator = await start()
    expect((await answer)[0]).to.have.nested.property('error.code', 'ERR_UNKNOWN_MODEL')
  })

  it('is not online again before requests reach it again', async () => {
    const { control, requests, client } = transports
    let cuts = 0
    requests.onConnect(() => {
      if (cuts-- > 0) requests.sever()
    })
    coordinator = await start()
    await once(await askWhenOnline(client), 'answer')
    let first = 0
    control.onConnect(session => {
      first ||= session
    })
    const reachable = new Promise(resolve => {
      void client.subscribe(names.coordinatorStatus(), (_, payload) => {
        const { state, session } = parseStatus(payload)
        if (state === 'online' && session > first) resolve(requests.connected)
      })
    })
    cuts = 5
    control.sever()
    requests.sever()
    expect(await reachable).to.equal(true)
  })
})
