import { readdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { BlobStore } from '@cocoi/blobs'
import { MemoryBroker } from '@cocoi/transport'
import { expect } from 'chai'
import { rejectionCode } from './rejection.ts'
import { seededBytes, sha256 } from './seeded-bytes.ts'
import { removeTemporaryFolders } from './temporary-folder.ts'
import { COORDINATOR, leavePart, TransferSite } from './transfer-site.ts'

const BYTES = seededBytes(123_457)
const SHA = sha256(BYTES)

describe('blob transfer', () => {
  let site: TransferSite
  afterEach(() => site.close())
  after(removeTemporaryFolders)

  async function siteWithBlob(broker?: MemoryBroker) {
    site = await TransferSite.open(broker)
    await site.store.put(BYTES)
    return site.serve()
  }

  it('brings a blob of many ranges and reports how far it is', async () => {
    await siteWithBlob()
    const progress: number[] = []
    const onProgress = (now: { receivedBytes: number }) => void progress.push(now.receivedBytes)
    const { client, store } = await site.device({ onProgress })
    const path = await client.fetch(COORDINATOR, SHA)
    expect(path).to.equal(store.path(SHA))
    expect(sha256(await readFile(path))).to.equal(SHA)
    expect(await readdir(store.folder)).to.deep.equal([SHA])
    expect(progress).to.deep.equal([...progress].sort((a, b) => a - b))
    expect(progress.at(-1)).to.equal(BYTES.length)
  })

  for (const length of [0, 1, 9_999, 10_000, 10_001, 20_000]) {
    it(`brings a blob of ${length} bytes in ranges of 10000`, async () => {
      await siteWithBlob()
      const sha = await site.store.put(seededBytes(length, 7))
      const { client, store } = await site.device()
      await client.fetch(COORDINATOR, sha)
      expect(await store.verify(sha)).to.equal(true)
      expect(site.requests).to.have.length(Math.max(1, Math.ceil(length / 10_000)))
    })
  }

  it('asks for nothing that is in the store already', async () => {
    await siteWithBlob()
    const { client, store } = await site.device()
    await store.put(BYTES)
    expect(await client.fetch(COORDINATOR, SHA)).to.equal(store.path(SHA))
    expect(site.requests).to.deep.equal([])
  })

  it('brings a blob again that is damaged in the store', async () => {
    await siteWithBlob()
    const { client, store } = await site.device()
    await store.put(BYTES)
    await client.fetch(COORDINATOR, SHA)
    await writeFile(store.path(SHA), BYTES.with(1000, BYTES[1000]! ^ 1), { flag: 'r+' })
    await client.fetch(COORDINATOR, SHA)
    expect(await store.verify(SHA)).to.equal(true)
    expect(site.requests).to.not.deep.equal([])
  })

  it('goes on where an earlier client over the same folder stopped', async () => {
    await siteWithBlob()
    const stop = new AbortController()
    let kept = 0
    const { client, store } = await site.device({
      onProgress({ receivedBytes }) {
        kept = receivedBytes
        if (receivedBytes > BYTES.length / 2) stop.abort(new Error('killed'))
      },
    })
    await client.fetch(COORDINATOR, SHA, stop.signal).then(
      () => expect.fail('it was not stopped'),
      error => expect(error.message).to.equal('killed'),
    )
    await client.close()
    site.requests.length = 0
    const again = await site.device({ store: await BlobStore.open(store.folder) })
    await again.client.fetch(COORDINATOR, SHA)
    expect(await store.verify(SHA)).to.equal(true)
    expect(Math.min(...site.requests.map(({ offset }) => offset))).to.equal(kept)
  })

  it('goes on behind a part of any length', async () => {
    await siteWithBlob()
    const { client, store } = await site.device()
    await leavePart(store, SHA, BYTES.subarray(0, 12_345))
    await client.fetch(COORDINATOR, SHA)
    expect(await store.verify(SHA)).to.equal(true)
    expect(site.requests[0]!.offset).to.equal(12_345)
  })

  it('finishes a part that was complete and only not renamed', async () => {
    await siteWithBlob()
    const { client, store } = await site.device()
    await leavePart(store, SHA, BYTES)
    await client.fetch(COORDINATOR, SHA)
    expect(await readdir(store.folder)).to.deep.equal([SHA])
    expect(site.requests.filter(({ offset }) => offset === 0)).to.have.length(1)
  })

  for (const [what, part] of [
    ['longer than the blob', seededBytes(BYTES.length + 1, 2)],
    ['of other bytes', seededBytes(50_000, 2)],
  ] as const) {
    it(`replaces a part ${what}`, async () => {
      await siteWithBlob()
      const { client, store } = await site.device()
      await leavePart(store, SHA, part)
      await client.fetch(COORDINATOR, SHA)
      expect(await store.verify(SHA)).to.equal(true)
      expect(await readdir(store.folder)).to.deep.equal([SHA])
    })
  }

  it('fetches a blob that is damaged at its source twice and keeps nothing', async () => {
    await siteWithBlob()
    await writeFile(site.store.path(SHA), seededBytes(BYTES.length, 2))
    const { client, store } = await site.device()
    expect(await rejectionCode(client.fetch(COORDINATOR, SHA))).to.equal('ERR_BLOB_CORRUPT')
    expect(site.requests.filter(({ offset }) => offset === 0)).to.have.length(2)
    expect(await readdir(store.folder)).to.deep.equal([])
  })

  it('says that a blob is missing, and brings it once it is there', async () => {
    await siteWithBlob()
    const late = seededBytes(30_000, 3)
    const { client, store } = await site.device()
    const fetch = () => client.fetch(COORDINATOR, sha256(late))
    expect(await rejectionCode(fetch())).to.equal('ERR_BLOB_MISSING')
    expect(await readdir(store.folder)).to.deep.equal([])
    await site.store.put(late)
    await fetch()
  })

  it('keeps a part whose blob the coordinator does not have at the moment', async () => {
    await siteWithBlob()
    const { client, store } = await site.device()
    await leavePart(store, SHA, BYTES.subarray(0, 50_000))
    await site.store.remove(SHA)
    expect(await rejectionCode(client.fetch(COORDINATOR, SHA))).to.equal('ERR_BLOB_MISSING')
    expect(await readdir(store.folder)).to.deep.equal([`${SHA}.part`])
  })

  it('joins fetches of one blob', async () => {
    await siteWithBlob()
    const { client } = await site.device()
    const fetches = Array.from({ length: 5 }, () => client.fetch(COORDINATOR, SHA))
    expect(new Set(await Promise.all(fetches)).size).to.equal(1)
    const offsets = site.requests.map(({ offset }) => offset)
    expect(offsets).to.have.length(new Set(offsets).size)
  })

  it('goes on for the others when one caller leaves, and ends when the last one does', async () => {
    await siteWithBlob(new MemoryBroker({ latencyMs: 1 }))
    const leaver = new AbortController()
    const { client, store } = await site.device({ onProgress: () => leaver.abort() })
    const left = rejectionCode(client.fetch(COORDINATOR, SHA, leaver.signal))
    await client.fetch(COORDINATOR, SHA)
    expect(await left).to.equal(DOMException.ABORT_ERR)
    expect(await store.verify(SHA)).to.equal(true)
  })

  it('starts anew when a blob is wanted again while its transfer is being ended', async () => {
    await siteWithBlob(new MemoryBroker({ latencyMs: 1 }))
    const leaver = new AbortController()
    const { client, store } = await site.device({ onProgress: () => leaver.abort() })
    const again = client
      .fetch(COORDINATOR, SHA, leaver.signal)
      .catch(() => client.fetch(COORDINATOR, SHA))
    await again
    expect(await store.verify(SHA)).to.equal(true)
  })

  it('serves many devices and many blobs at once', async () => {
    await siteWithBlob(new MemoryBroker({ latencyMs: 1 }))
    const shas = [SHA]
    for (let seed = 10; seed < 22; seed++)
      shas.push(await site.store.put(seededBytes(25_000, seed)))
    const devices = await Promise.all(
      ['pi-1', 'pi-2', 'pi-3'].map(device => site.device({ device })),
    )
    await Promise.all(
      devices.flatMap(({ client }) => shas.map(sha => client.fetch(COORDINATOR, sha))),
    )
    for (const { store } of devices) expect(await readdir(store.folder)).to.have.members(shas)
  })

  it('gives up when nothing answers, keeps the part, and finishes when something does', async () => {
    site = await TransferSite.open()
    await site.store.put(BYTES)
    const { client, store } = await site.device({ timeoutMs: 20, retries: 2 })
    await leavePart(store, SHA, BYTES.subarray(0, 50_000))
    expect(await rejectionCode(client.fetch(COORDINATOR, SHA))).to.equal('ERR_BLOB_TIMEOUT')
    expect(site.requests).to.have.length(3)
    await site.serve()
    await client.fetch(COORDINATOR, SHA)
    expect(await store.verify(SHA)).to.equal(true)
  })

  it('explains a full disk and removes the part', async function () {
    await siteWithBlob()
    const { client, store } = await site.device()
    if (process.platform !== 'linux') this.skip()
    await symlink('/dev/full', `${store.path(SHA)}.part`)
    expect(await rejectionCode(client.fetch(COORDINATOR, SHA))).to.equal('ERR_DISK_FULL')
    expect(await readdir(store.folder)).to.deep.equal([])
  })

  it('ends every fetch when it is closed, and starts none afterwards', async () => {
    site = await TransferSite.open()
    const { client } = await site.device({ timeoutMs: 10_000 })
    const fetches = [SHA, SHA, sha256(seededBytes(1))].map(sha =>
      rejectionCode(client.fetch(COORDINATOR, sha)),
    )
    await client.close()
    expect(await Promise.all(fetches)).to.deep.equal(['ERR_CLOSED', 'ERR_CLOSED', 'ERR_CLOSED'])
    expect(await rejectionCode(client.fetch(COORDINATOR, SHA))).to.equal('ERR_CLOSED')
  })

  it('refuses what is no digest and numbers out of range', async () => {
    await siteWithBlob()
    const { client } = await site.device()
    expect(await rejectionCode(client.fetch(COORDINATOR, '../../etc'))).to.equal('ERR_BAD_SHA')
    for (const numbers of [{ chunkBytes: 0 }, { chunkBytes: 2 ** 25 }, { window: 0.5 }]) {
      const failure = await site.device(numbers).catch(error => error)
      expect(failure).to.be.instanceOf(RangeError)
    }
  })
})
