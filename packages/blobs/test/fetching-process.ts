import { BlobClient, BlobStore } from '@cocoi/blobs'
import { topics } from '@cocoi/protocol'
import { connectMqtt } from '@cocoi/transport'

/** Fetches one blob in a process of its own, and sends the number of bytes at every step. */
const [url, folder, coordinator, sha] = process.argv.slice(2) as [string, string, string, string]
const transport = connectMqtt({ url, clientId: 'pi-1', keepaliveS: 60 })
const client = new BlobClient({
  store: await BlobStore.open(folder),
  transport,
  topics: topics(),
  device: 'pi-1',
  chunkBytes: 10_000,
  window: 4,
  timeoutMs: 1000,
  retries: 10,
  onProgress: ({ receivedBytes }) => process.send!(receivedBytes),
})
await client.fetch(coordinator, sha)
await client.close()
await transport.close()
process.disconnect()
