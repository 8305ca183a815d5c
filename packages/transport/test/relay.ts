import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

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

export async function startRelay(target: () => number): Promise<Relay> {
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
    broker.pipe(client)
    client.on('data', chunk => {
      if (!broker.write(chunk)) client.pause()
    })
    broker.on('drain', () => {
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
