import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { BlobServer, BlobStore } from '@cocoi/blobs'
import { type Broker, startBroker } from '@cocoi/broker'
import { parseBlobGet, topics } from '@cocoi/protocol'
import { connectMqtt } from '@cocoi/transport'
import { expect } from 'chai'
import { seededBytes } from './seeded-bytes.ts'
import { removeTemporaryFolders, temporaryFolder } from './temporary-folder.ts'

const COORDINATOR = 'main'
const LIMITS = {
  maxPacketBytes: 2 ** 20,
  maxPacketBytesBeforeLogin: 8192,
  maxQueuedBytesPerClient: 2 ** 25,
  maxConnections: 10,
  maxSubscriptionsPerClient: 10,
  connectTimeoutMs: 5000,
}

describe('blob transfer to a process that is killed', () => {
  let broker: Broker
  let server: BlobServer
  let child: ChildProcess | undefined
  let store: BlobStore
  const offsets: number[] = []

  before(async () => {
    const address = { host: '127.0.0.1', port: 0, base: 'cocoi' }
    broker = await startBroker({ ...address, anonymous: 'loopback', limits: LIMITS })
    const transport = connectMqtt({ url: url(), clientId: COORDINATOR, keepaliveS: 60 })
    store = await BlobStore.open(await temporaryFolder())
    const own = { stores: [store], coordinator: COORDINATOR, topics: topics() }
    server = new BlobServer({ ...own, transport, maxRangeBytes: 10_000 })
    await server.start()
    const [filter] = topics().filters('blobGet')
    await transport.subscribe(filter!, (_, payload) => offsets.push(parseBlobGet(payload).offset))
    closing.push(
      () => server.stop(),
      () => transport.close(),
      () => broker.close(),
    )
  })
  const closing: (() => Promise<void>)[] = []
  after(async () => {
    child?.kill('SIGKILL')
    for (const close of closing) await close()
    await removeTemporaryFolders()
  })

  const url = () => `mqtt://127.0.0.1:${broker.port}`

  function start(folder: string, sha: string): ChildProcess {
    const script = new URL('./fetching-process.js', import.meta.url)
    child = fork(script, [url(), folder, COORDINATOR, sha])
    return child
  }

  it('goes on where the process was killed and asks for nothing it had', async () => {
    const bytes = seededBytes(1_000_000)
    const sha = await store.put(bytes)
    const folder = await temporaryFolder()
    const victim = start(folder, sha)
    let kept = 0
    victim.on('message', received => {
      kept = received as number
      if (kept > 400_000) victim.kill('SIGKILL')
    })
    const [, signal] = await once(victim, 'exit')
    expect(signal).to.equal('SIGKILL')
    offsets.length = 0
    const [code] = await once(start(folder, sha), 'exit')
    expect(code).to.equal(0)
    expect(await (await BlobStore.open(folder)).verify(sha)).to.equal(true)
    expect(Math.min(...offsets)).to.be.at.least(kept)
  })
})
