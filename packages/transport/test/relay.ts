import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { Transform, type TransformCallback } from 'node:stream'

/** A network between one client and the broker that can be cut or stall. */
export interface Relay {
  readonly port: number
  /** Ends every connection, without a word to either side. */
  cut(): void
  /** Carries nothing from client to broker until `resume`. */
  stall(): void
  resume(): void
  close(): Promise<void>
}

export interface RelayOptions {
  /** Of the network, in each direction; as fast as it goes if left out. */
  readonly bytesPerSecond?: number
}

/** Hands bytes on as slowly as a slow link does. */
class SlowLink extends Transform {
  readonly #bytesPerSecond: number

  constructor(bytesPerSecond: number) {
    super({ highWaterMark: 16_384 })
    this.#bytesPerSecond = bytesPerSecond
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    setTimeout(() => done(null, chunk), (chunk.length / this.#bytesPerSecond) * 1000)
  }
}

export async function startRelay(
  target: () => number,
  { bytesPerSecond }: RelayOptions = {},
): Promise<Relay> {
  const pairs = new Set<readonly [Socket, Socket]>()
  let stalled = false
  const server = createServer(client => {
    const broker = connect(target(), '127.0.0.1')
    const pair = [client, broker] as const
    pairs.add(pair)
    for (const socket of pair) {
      socket.on('error', () => {})
      socket.on('close', () => {
        for (const other of pair) other.destroy()
        pairs.delete(pair)
      })
    }
    const up = bytesPerSecond ? new SlowLink(bytesPerSecond) : broker
    if (up !== broker) up.pipe(broker)
    const down = bytesPerSecond ? broker.pipe(new SlowLink(bytesPerSecond)) : broker
    down.pipe(client)
    client.on('data', chunk => {
      if (!up.write(chunk)) client.pause()
    })
    up.on('drain', () => {
      if (!stalled) client.resume()
    })
    if (stalled) client.pause()
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const cut = () => {
    for (const pair of pairs) for (const socket of pair) socket.destroy()
  }
  return {
    port: (server.address() as AddressInfo).port,
    cut,
    stall: () => {
      stalled = true
      for (const [client] of pairs) client.pause()
    },
    resume: () => {
      stalled = false
      for (const [client] of pairs) client.resume()
    },
    close: async () => {
      cut()
      await new Promise(resolve => server.close(resolve))
    },
  }
}
