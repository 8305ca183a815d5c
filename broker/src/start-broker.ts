import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import type { Aedes } from 'aedes'
import { createAedes } from './create-aedes.ts'
import { queuedBytes } from './delivery-guard.ts'
import { BrokerError } from './errors.ts'
import { Gate } from './gate.ts'
import { Ledger } from './ledger.ts'
import type { Broker, BrokerOptions, BrokerStats } from './options.ts'
import { guardPacketSize } from './packet-guard.ts'
import { neverWaitForReaders } from './write-guard.ts'

/**
 * Starts an MQTT 3.1.1 broker that keeps everything in memory.
 *
 * @throws {BrokerError} ERR_PORT_IN_USE, ERR_LISTEN
 */
export async function startBroker(options: BrokerOptions): Promise<Broker> {
  const ledger = new Ledger(options.onEvent)
  const gate = new Gate(options, ledger)
  const sockets = new Set<Socket>()
  const aedes = await createAedes(options, { gate, ledger })
  const server = createServer({ noDelay: true }, socket => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    const client = aedes.handle(socket)
    guardPacketSize(client, gate, options.limits)
    neverWaitForReaders(client)
  })
  boundConnections(server, options, ledger)
  try {
    await listen(server, options)
  } catch (error) {
    await closed(aedes)
    throw error
  }
  server.on('error', error => ledger.record({ type: 'error', reason: error.message }))
  return {
    port: (server.address() as AddressInfo).port,
    stats: () => stats({ aedes, gate, ledger }),
    close: () => close({ aedes, server, sockets }),
  }
}

function boundConnections(server: Server, { limits }: BrokerOptions, ledger: Ledger): void {
  server.maxConnections = limits.maxConnections
  server.on('drop', peer => {
    const reason = `${limits.maxConnections} connections are open; ${peer?.remoteAddress} is refused`
    ledger.record({ type: 'refused', reason })
  })
}

async function listen(server: Server, { host, port }: BrokerOptions): Promise<void> {
  server.listen(port, host)
  try {
    await once(server, 'listening')
  } catch (error) {
    throw listenError(error as NodeJS.ErrnoException, { host, port })
  }
}

function listenError(
  cause: NodeJS.ErrnoException,
  { host, port }: { host: string; port: number },
): BrokerError {
  if (cause.code === 'EADDRINUSE') {
    return new BrokerError(
      'ERR_PORT_IN_USE',
      `port ${port} of ${host} is in use: stop the broker that listens there (sudo systemctl stop ` +
        'mosquitto?) or set another broker.port',
      { cause },
    )
  }
  return new BrokerError('ERR_LISTEN', `cannot listen on ${host}:${port}: ${cause.message}`, {
    cause,
  })
}

function stats({ aedes, gate, ledger }: Running): BrokerStats {
  const { dropped, refused, receivedBytes: received, sentBytes: sent } = ledger
  const queued = [...gate.clients].reduce((sum, client) => sum + queuedBytes(client), 0)
  return {
    connections: aedes.connectedClients,
    dropped,
    refused,
    bytes: { received, sent, queued },
  }
}

interface Running {
  readonly aedes: Aedes
  readonly gate: Gate
  readonly ledger: Ledger
}

async function close({
  aedes,
  server,
  sockets,
}: {
  aedes: Aedes
  server: Server
  sockets: ReadonlySet<Socket>
}): Promise<void> {
  const serverClosed = new Promise<void>(resolve => server.close(() => resolve()))
  await closed(aedes)
  // Those that are not logged in are unknown to aedes.
  for (const socket of sockets) socket.destroy()
  await serverClosed
}

function closed(aedes: Aedes): Promise<void> {
  return new Promise(resolve => aedes.close(() => resolve()))
}
