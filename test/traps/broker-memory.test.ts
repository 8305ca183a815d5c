import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { announcement, publishPacket } from '../../broker/test/packets.ts'
import { RawClient } from '../../broker/test/raw-client.ts'
import { type BrokerProcess, startBrokerProcess } from './broker-process.ts'

const MB = 1_000_000

describe('the memory of a broker', () => {
  let folder: string
  let broker: BrokerProcess

  before(function () {
    if (!existsSync('/proc/self/status')) this.skip()
  })
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cocoi-traps-'))
    broker = await startBrokerProcess(folder)
  })
  afterEach(async () => {
    await broker.stop()
    await rm(folder, { recursive: true })
  })

  async function client(clientId: string, ...filters: string[]): Promise<RawClient> {
    const [raw, code] = await RawClient.login(broker.port, { clientId })
    expect(code).to.equal(0)
    if (filters.length > 0) await raw.subscribe(...filters)
    return raw
  }

  async function expectAnswer(): Promise<void> {
    const reader = await client('reader', 'cocoi/events')
    reader.send(publishPacket('cocoi/events', 'alive'))
    expect(await reader.message()).to.equal('alive')
  }

  /** Sends the start of a packet to the broker from many sockets, until it hangs up on each. */
  async function flood(clients: readonly RawClient[], opening: Buffer, bytes: number) {
    const chunk = Buffer.alloc(64 * 1024)
    await Promise.all(
      clients.map(async ({ socket, closed }) => {
        let open = true
        void closed.then(() => {
          open = false
        })
        socket.write(opening)
        for (let sent = 0; open && sent < bytes; sent += chunk.length) {
          await new Promise<unknown>(resolve => {
            if (!socket.write(chunk, resolve)) void closed.then(resolve)
          })
        }
        await closed
      }),
    )
  }

  it('stays below 200 MB when a subscriber of large messages does not read', async () => {
    const stalled = await client('stalled', 'cocoi/bulk')
    stalled.socket.pause()
    const [reader, sender] = [await client('bulk-reader', 'cocoi/bulk'), await client('sender')]
    const bulk = publishPacket('cocoi/bulk', Buffer.alloc(2 * MB))
    // 1 GB, 32 MB of which may wait; the reader sets the pace, so that only the stalled one has a queue.
    for (let count = 0; count < 500; count += 1) {
      sender.send(bulk)
      await reader.message()
    }
    expect(broker.peakBytes()).to.be.below(200 * MB)
    await expectAnswer()
  })

  it('stays below 100 MB when strangers announce logins of 256 MB', async () => {
    const strangers = await Promise.all(
      Array.from({ length: 12 }, () => RawClient.open(broker.port)),
    )
    await flood(strangers, announcement(0x10, 268_435_455), 16 * MB)
    expect(broker.peakBytes()).to.be.below(100 * MB)
    await expectAnswer()
  })

  it('stays below 100 MB when clients announce messages of 256 MB', async () => {
    const clients = await Promise.all(Array.from({ length: 12 }, (_, i) => client(`client-${i}`)))
    await flood(clients, announcement(0x30, 268_435_455), 16 * MB)
    expect(broker.peakBytes()).to.be.below(100 * MB)
    await expectAnswer()
  })
})
