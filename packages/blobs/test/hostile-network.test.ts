import { readdir } from 'node:fs/promises'
import { encodeBlobGet, encodeFrame, type FrameHeader, parseBlobGet } from '@cocoi/protocol'
import { MemoryBroker } from '@cocoi/transport'
import { expect } from 'chai'
import { rejectionCode } from './rejection.ts'
import { seededBytes, seededNumbers, sha256 } from './seeded-bytes.ts'
import { removeTemporaryFolders } from './temporary-folder.ts'
import { COORDINATOR, names, TransferSite } from './transfer-site.ts'

const BYTES = seededBytes(123_457)
const SHA = sha256(BYTES)
const QOS1 = { qos: 1, timeoutMs: 5000 } as const
const getTopic = (device: string, sha = SHA) =>
  names.blobGet({ coordinator: COORDINATOR, sha256: sha, device })
const dataTopic = (device: string, sha = SHA) =>
  names.blobData({ coordinator: COORDINATOR, sha256: sha, device })

function chunk(offset: number, bytes: Uint8Array, total = BYTES.length): Uint8Array {
  const header: FrameHeader = { type: 'chunk', offset, total }
  return encodeFrame(header, [{ type: 'uint8', dims: [bytes.length], data: bytes }])
}

describe('blob transfer over a hostile network', () => {
  let site: TransferSite
  afterEach(() => site.close())
  after(removeTemporaryFolders)

  async function siteWithBlob(broker?: MemoryBroker) {
    site = await TransferSite.open(broker)
    await site.store.put(BYTES)
  }

  it('survives that every message is delivered twice', async () => {
    await siteWithBlob(new MemoryBroker({ duplicates: 1, latencyMs: 1 }))
    const { server } = await site.serve()
    const { client, store } = await site.device()
    await client.fetch(COORDINATOR, SHA)
    expect(await store.verify(SHA)).to.equal(true)
    const ignored = [...client.drops, ...server.drops].map(({ code }) => code)
    expect(ignored).to.include('not-asked').and.to.include('duplicate')
  })

  it('learns to be patient where every answer takes longer than it should', async () => {
    await siteWithBlob(new MemoryBroker({ latencyMs: 15 }))
    await site.serve()
    const { client, store } = await site.device({ timeoutMs: 25, chunkBytes: 2000 })
    await client.fetch(COORDINATOR, SHA)
    expect(await store.verify(SHA)).to.equal(true)
    expect(site.requests.length).to.be.below((2 * BYTES.length) / 2000)
  })

  it('survives cut connections on both sides', async () => {
    await siteWithBlob(new MemoryBroker({ latencyMs: 1 }))
    const { transport: coordinator } = await site.serve()
    let cuts = 0
    const device = await site.device({
      timeoutMs: 100,
      chunkBytes: 2000,
      onProgress() {
        const cut = cuts++ % 8
        if (cut === 3) device.transport.sever()
        if (cut === 7) coordinator.sever()
      },
    })
    await device.client.fetch(COORDINATOR, SHA)
    expect(await device.store.verify(SHA)).to.equal(true)
    expect(cuts).to.be.above(16)
  })

  it('goes on after the broker was away for longer than a request lasts', async () => {
    await siteWithBlob()
    await site.serve()
    let restarts = 0
    const { client, store } = await site.device({
      timeoutMs: 30,
      retries: 3,
      onProgress() {
        if (restarts++ === 0) site.broker.stop()
      },
    })
    expect(await rejectionCode(client.fetch(COORDINATOR, SHA))).to.equal('ERR_BLOB_TIMEOUT')
    expect(await readdir(store.folder)).to.deep.equal([`${SHA}.part`])
    site.broker.start()
    await client.fetch(COORDINATOR, SHA)
    expect(await store.verify(SHA)).to.equal(true)
  })

  it('ignores garbage on its topics and counts it', async () => {
    await siteWithBlob()
    const { server } = await site.serve()
    const { client, store } = await site.device()
    await client.fetch(COORDINATOR, await site.store.put(seededBytes(1)))
    const attacker = site.connect('attacker')
    const next = seededNumbers(42)
    const valid = [chunk(10_000, BYTES.subarray(0, 100)), encodeBlobGet({ offset: 0, length: 100 })]
    const garbage = () => {
      const bytes = next() % 2 ? seededBytes(next() % 300, next()) : valid[next() % 2]!.slice()
      if (bytes.length > 0) bytes[next() % bytes.length]! ^= 1 + (next() % 255)
      return bytes
    }
    const flood = Array.from({ length: 2000 }, (_, index) => {
      const topic = index % 2 ? getTopic('pi-1') : dataTopic('pi-1')
      return attacker.publish(topic, garbage(), QOS1)
    })
    await client.fetch(COORDINATOR, SHA)
    await Promise.all(flood)
    expect(await store.verify(SHA)).to.equal(true)
    expect(client.drops.reduce((sum, { count }) => sum + count, 0)).to.be.above(500)
    expect(server.drops.reduce((sum, { count }) => sum + count, 0)).to.be.above(500)
  })

  it('takes no chunk of another size, length, place or blob than it asked for', async () => {
    await siteWithBlob()
    const liar = site.connect('liar')
    const [filter] = names.filters('blobGet', { coordinator: COORDINATOR })
    const other = sha256(seededBytes(5))
    await liar.subscribe(filter!, (_, payload) => {
      const { offset, length } = parseBlobGet(payload)
      const right = BYTES.subarray(offset, offset + length)
      const frames: [string, Uint8Array][] = [
        [dataTopic('pi-1', other), chunk(offset, right)],
        [dataTopic('pi-1'), chunk(offset + 1, right)],
        [dataTopic('pi-1'), chunk(offset, BYTES.subarray(0, right.length + 1))],
        [dataTopic('pi-1'), chunk(offset, right.subarray(1))],
        [dataTopic('pi-1'), chunk(offset, new Uint8Array(0))],
        [dataTopic('pi-1'), chunk(offset, right, 5)],
        [dataTopic('pi-1'), encodeFrame({ type: 'chunk', offset, total: BYTES.length }, [])],
        [dataTopic('pi-1'), chunk(offset, right)],
        [dataTopic('pi-1'), chunk(offset, right)],
      ]
      for (const [to, frame] of frames) void liar.publish(to, frame, QOS1).catch(() => undefined)
    })
    const { client, store } = await site.device()
    await client.fetch(COORDINATOR, SHA)
    expect(await store.verify(SHA)).to.equal(true)
    const codes = client.drops.map(({ code }) => code)
    expect(codes).to.include.members(['not-asked', 'wrong-size', 'bad-frame'])
  })

  it('refuses a blob that cannot fit on the disk before it fills it', async () => {
    await siteWithBlob()
    const liar = site.connect('liar')
    const [filter] = names.filters('blobGet', { coordinator: COORDINATOR })
    await liar.subscribe(filter!, (_, payload) => {
      const { offset, length } = parseBlobGet(payload)
      const frame = chunk(offset, new Uint8Array(length), 2 ** 52)
      void liar.publish(dataTopic('pi-1'), frame, QOS1).catch(() => undefined)
    })
    const { client, store } = await site.device()
    expect(await rejectionCode(client.fetch(COORDINATOR, SHA))).to.equal('ERR_DISK_FULL')
    expect(await readdir(store.folder)).to.deep.equal([])
  })

  it('fetches once more when what arrived was damaged on its way', async () => {
    await siteWithBlob()
    const relay = site.connect('relay')
    const [filter] = names.filters('blobGet', { coordinator: COORDINATOR })
    let damaged = false
    await relay.subscribe(filter!, (_, payload) => {
      const { offset, length } = parseBlobGet(payload)
      const bytes = BYTES.slice(offset, offset + length)
      if (!damaged && offset > 50_000) {
        damaged = true
        bytes[0]! ^= 1
      }
      void relay.publish(dataTopic('pi-1'), chunk(offset, bytes), QOS1).catch(() => undefined)
    })
    const { client, store } = await site.device()
    await client.fetch(COORDINATOR, SHA)
    expect(await store.verify(SHA)).to.equal(true)
    expect(site.requests.filter(({ offset }) => offset === 0)).to.have.length(2)
  })

  it('serves few ranges at once however many are asked for, and lets devices take turns', async () => {
    await siteWithBlob(new MemoryBroker({ latencyMs: 1 }))
    const limits = { maxRangeBytes: 1000, maxRangesPerDevice: 2, maxBytesInFlight: 5000 }
    const { server } = await site.serve(limits)
    const greedy = site.connect('greedy')
    let most = 0
    const arrived: string[] = []
    const [filter] = names.filters('blobData')
    await greedy.subscribe(filter!, topic => {
      most = Math.max(most, server.bytesInFlight)
      const ids = names.parse(topic)
      if (ids?.kind === 'blobData') arrived.push(ids.device)
    })
    const ask = (device: string, index: number) =>
      greedy.publish(getTopic(device), encodeBlobGet({ offset: index, length: 1000 }), QOS1)
    const devices = ['pi-2', 'pi-3', 'pi-4', 'pi-5']
    const requests = [...Array(200).keys()].map(index => ask('pi-1', index))
    for (const device of devices) requests.push(ask(device, 0))
    await Promise.all(requests)
    const { client } = await site.device({ device: 'pi-6', chunkBytes: 1000 })
    await client.fetch(COORDINATOR, SHA)
    expect(most).to.be.within(1, 5000)
    expect(arrived).to.include.members(devices)
    expect(arrived.indexOf('pi-5')).to.be.below(30)
    expect(server.drops.find(({ code }) => code === 'busy')?.count).to.be.above(100)
  })

  it('says how long a range may be instead of leaving the device waiting', async () => {
    await siteWithBlob()
    await site.serve({ maxRangeBytes: 1000 })
    const { client } = await site.device({ chunkBytes: 1001 })
    const error = await client.fetch(COORDINATOR, SHA).catch(error => error)
    expect(error.code).to.equal('ERR_BLOB_MISSING')
    expect(error.message).to.contain('1000 bytes').and.to.contain('1001')
  })

  it('brings a blob through a broker that accepts small messages only', async () => {
    await siteWithBlob()
    const small = (clientId: string) => site.broker.connect({ clientId, maxPayloadBytes: 1500 })
    const coordinator = small('small-coordinator')
    const device = small('small-device')
    await site.serve({ transport: coordinator })
    const { client, store } = await site.device({ transport: device })
    await client.fetch(COORDINATOR, SHA)
    expect(await store.verify(SHA)).to.equal(true)
    await Promise.all([coordinator.close(), device.close()])
  })

  it('answers no more once it is stopped', async () => {
    await siteWithBlob()
    const { server } = await site.serve()
    await server.stop()
    const { client } = await site.device({ timeoutMs: 20, retries: 1 })
    expect(await rejectionCode(client.fetch(COORDINATOR, SHA))).to.equal('ERR_BLOB_TIMEOUT')
  })
})
