import type { Duplex } from 'node:stream'
import type { Aedes, Client, Connection } from 'aedes'
import { createAedes } from './create-aedes.ts'
import { queuedBytes } from './delivery-guard.ts'
import { checkExposure } from './exposure.ts'
import { Gate } from './gate.ts'
import { takeBytesForLife } from './keepalive-guard.ts'
import { Ledger } from './ledger.ts'
import { Connections, type Enter } from './listen/connections.ts'
import { type Listeners, openListeners } from './listen/listeners.ts'
import type { Broker, BrokerOptions, BrokerStats } from './options.ts'
import { guardPacketSize } from './packet-guard.ts'
import { neverWaitForReaders } from './write-guard.ts'

interface Running {
  readonly aedes: Aedes
  readonly gate: Gate
  readonly ledger: Ledger
  readonly connections: Connections
  readonly listeners: Listeners
}

/**
 * Starts an MQTT 3.1.1 broker that keeps everything in memory.
 *
 * @throws {BrokerError} ERR_NO_USERS, ERR_BAD_TLS, ERR_PORT_IN_USE, ERR_LISTEN
 */
export async function startBroker(options: BrokerOptions): Promise<Broker> {
  checkExposure(options)
  const ledger = new Ledger(options.onEvent)
  const gate = new Gate(options, ledger)
  const connections = new Connections(options.limits.maxConnections, ledger)
  const aedes = await createAedes(options, { gate, ledger })
  const clients = new WeakMap<Duplex, Client>()
  const enter: Enter = (connection, peer) => {
    const client = aedes.handle(connection as Connection)
    clients.set(connection, client)
    gate.greet(client, peer)
    guardPacketSize(client, gate, options.limits)
    neverWaitForReaders(client)
    takeBytesForLife(client)
  }
  const isAdmitted = (connection: Duplex) => {
    const client = clients.get(connection)
    return client !== undefined && gate.isAdmitted(client)
  }
  try {
    const doors = { enter, isAdmitted, connections, ledger }
    const listeners = await openListeners(options, doors)
    return brokerOf({ aedes, gate, ledger, connections, listeners })
  } catch (error) {
    await closed(aedes)
    throw error
  }
}

function brokerOf(running: Running): Broker {
  const { gate, listeners } = running
  const { port, tlsPort, wsPort } = listeners
  return {
    ...{ port, tlsPort, wsPort },
    stats: () => stats(running),
    disconnect: usernames => {
      for (const client of gate.clientsOf(usernames)) client.close()
    },
    renewCertificate: certificate => listeners.renewCertificate(certificate),
    close: () => close(running),
  }
}

function stats({ aedes, gate, ledger }: Running): BrokerStats {
  const { dropped, refused, errors, receivedBytes: received, sentBytes: sent } = ledger
  const queued = [...gate.clients].reduce((sum, client) => sum + queuedBytes(client), 0)
  return {
    connections: aedes.connectedClients,
    dropped,
    refused,
    errors,
    bytes: { received, sent, queued },
  }
}

async function close({ aedes, connections, listeners }: Running): Promise<void> {
  const closing = listeners.close()
  await closed(aedes)
  // Those that are not logged in are unknown to aedes.
  connections.destroyAll()
  await closing
}

function closed(aedes: Aedes): Promise<void> {
  return new Promise(resolve => aedes.close(() => resolve()))
}
