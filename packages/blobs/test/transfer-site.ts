import { appendFile, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import {
  BlobClient,
  type BlobClientOptions,
  BlobServer,
  type BlobServerOptions,
  BlobStore,
} from '@cocoi/blobs'
import { type BlobGet, parseBlobGet, topics } from '@cocoi/protocol'
import { MemoryBroker } from '@cocoi/transport'
import { temporaryFolder } from './temporary-folder.ts'

export const COORDINATOR = 'main'
export const names = topics()

type Transport = ReturnType<MemoryBroker['connect']>

/** A broker in memory with a coordinator's store and server, devices, and a log of all requests. */
export class TransferSite {
  readonly broker: MemoryBroker
  readonly store: BlobStore
  readonly requests: (BlobGet & { device: string; sha: string })[] = []
  readonly #clients: BlobClient[] = []
  readonly #servers: BlobServer[] = []
  readonly #transports: Transport[] = []

  private constructor(broker: MemoryBroker, store: BlobStore) {
    this.broker = broker
    this.store = store
  }

  static async open(broker = new MemoryBroker()): Promise<TransferSite> {
    const site = new TransferSite(broker, await BlobStore.open(await temporaryFolder()))
    const [filter] = names.filters('blobGet')
    await site.connect('observer').subscribe(filter!, (topic, payload) => {
      const ids = names.parse(topic)
      if (ids?.kind !== 'blobGet') return
      try {
        site.requests.push({ ...parseBlobGet(payload), device: ids.device, sha: ids.sha256 })
      } catch {
        // Garbage is no request.
      }
    })
    return site
  }

  connect(clientId: string): Transport {
    const transport = this.broker.connect({ clientId })
    this.#transports.push(transport)
    return transport
  }

  async serve(options: Partial<BlobServerOptions> = {}) {
    const transport = this.connect(`server-${this.#servers.length}`)
    const server = new BlobServer({
      stores: [this.store],
      transport,
      topics: names,
      coordinator: COORDINATOR,
      maxRangeBytes: 1024 * 1024,
      ...options,
    })
    this.#servers.push(server)
    await server.start()
    return { server, transport }
  }

  async device(options: Partial<BlobClientOptions> = {}) {
    const device = options.device ?? 'pi-1'
    const transport = this.connect(`${device}-${this.#clients.length}`)
    const store = options.store ?? (await BlobStore.open(await temporaryFolder()))
    const client = new BlobClient({
      store,
      transport,
      topics: names,
      device,
      chunkBytes: 10_000,
      window: 4,
      timeoutMs: 200,
      retries: 30,
      maxBackoffMs: 50,
      ...options,
    })
    this.#clients.push(client)
    return { client, store, transport }
  }

  async close(): Promise<void> {
    await Promise.all(this.#clients.map(client => client.close()))
    await Promise.all(this.#servers.map(server => server.stop()))
    await Promise.all(this.#transports.map(transport => transport.close()))
  }
}

/** The path of a part, as a client that was killed after these bytes leaves it. */
export async function leavePart(store: BlobStore, sha: string, bytes: Uint8Array): Promise<string> {
  await mkdir(store.folder, { recursive: true })
  const path = join(store.folder, `${sha}.part`)
  await appendFile(path, bytes)
  return path
}
