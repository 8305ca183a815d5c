import { execFileSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BlobClient, BlobServer, BlobStore } from '@cocoi/blobs'
import { Weights } from '@cocoi/device-agent'
import { topics } from '@cocoi/protocol'
import { MemoryBroker } from '@cocoi/transport'
import { expect } from 'chai'

const known = topics()
const { signal } = new AbortController()
/** Room for one file, not for two. */
const diskBytes = 98_304
const fileBytes = 60_000

describe('weights on a small disk', () => {
  const cleanUps: (() => unknown)[] = []
  let source: BlobStore
  let store: BlobStore
  let weights: Weights

  before(async function () {
    if (process.platform !== 'linux' || process.getuid?.() !== 0) {
      console.log('      skipped: mounting a small disk takes root on Linux')
      this.skip()
    }
    const folder = await mkdtemp(join(tmpdir(), 'cocoi-weights-'))
    cleanUps.push(() => rm(folder, { recursive: true }))
    source = await BlobStore.open(join(folder, 'source'))
    store = await BlobStore.open(join(folder, 'disk'))
    const disk = ['-t', 'tmpfs', '-o', `size=${diskBytes}`, 'cocoi-test', store.folder]
    execFileSync('mount', disk)
    cleanUps.push(() => execFileSync('umount', [store.folder]))
    weights = new Weights({ store, blobs: await connect(), maxBytes: 1e9 })
  })

  after(async () => {
    for (const cleanUp of cleanUps.reverse()) await cleanUp()
  })

  async function connect(): Promise<BlobClient> {
    const broker = new MemoryBroker()
    const [transport, own] = ['server', 'client'].map(clientId => broker.connect({ clientId }))
    const common = { topics: known, onDrop: () => undefined }
    const numbers = { chunkBytes: 16_384, window: 4, timeoutMs: 1000, retries: 3 }
    const coordinator = { coordinator: 'main', maxRangeBytes: 16_384, stores: [source] }
    const server = new BlobServer({ ...common, ...coordinator, transport: transport! })
    const client = new BlobClient({ ...common, ...numbers, transport: own!, store, device: 'pi1' })
    await server.start()
    cleanUps.push(
      () => Promise.all([transport!.close(), own!.close()]),
      () => server.stop(),
      () => client.close(),
    )
    return client
  }

  const blob = (fill: number) => source.put(new Uint8Array(fileBytes).fill(fill))

  it('give way to those that are needed, unless they are needed too', async () => {
    const [first, second] = [await blob(1), await blob(2)]
    const old = weights.hold()
    await old.fetch('main', first, signal)
    const young = weights.hold()
    const refusal = await young.fetch('main', second, signal).catch(error => error)
    expect(refusal).to.include({ code: 'ERR_DISK_FULL' })
    expect(await store.verify(first)).to.equal(true)

    old.release()
    await young.fetch('main', second, signal)
    expect(await store.verify(second)).to.equal(true)
    expect(await store.has(first)).to.equal(false)
  })
})
