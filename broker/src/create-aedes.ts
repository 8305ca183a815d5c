import type { EventEmitter } from 'node:events'
import { Aedes, type Client } from 'aedes'
import { DeliveryGuard } from './delivery-guard.ts'
import type { Gate } from './gate.ts'
import type { Ledger } from './ledger.ts'
import type { BrokerOptions } from './options.ts'
import { Refused } from './refused.ts'
import { guardSessions } from './session-guard.ts'

/** What the hooks of aedes consult. */
export interface Hooks {
  readonly gate: Gate
  readonly ledger: Ledger
}

/** An aedes that asks the gate about everything and never queues much for a slow reader. */
export async function createAedes({ limits }: BrokerOptions, hooks: Hooks): Promise<Aedes> {
  const { gate } = hooks
  const aedes = await Aedes.createBroker({
    // Unlimited: with a limit, messages that wait for one reader hold up those for all others.
    concurrency: 0,
    connectTimeout: limits.connectTimeoutMs,
    // Each may hold a whole packet; nobody of ours sends QoS 2.
    maxInflightInbound: 16,
    preConnect: (client, packet, done) => {
      gate.apply(client, packet)
      done(null, true)
    },
    authenticate: (client, username, password, done) => {
      void gate.admit(client, username, password).then(refusal => done(refusal ?? null, !refusal))
    },
    authorizePublish: (client, packet, done) => {
      const refusal = gate.publish(client, packet)
      if (!refusal) hooks.ledger.receivedBytes += packet.payload.length
      // An error closes the connection: MQTT 3.1.1 has no other way to refuse a publication.
      done(refusal ?? null)
    },
    authorizeSubscribe: (client, subscription, done) =>
      done(null, gate.subscribe(client, subscription) ? null : subscription),
    authorizeForward: forwarder(new DeliveryGuard(limits.maxQueuedBytesPerClient), hooks.ledger),
  })
  const sessions = {
    maxBytes: limits.maxQueuedBytesPerClient,
    maxClients: limits.maxConnections,
  }
  guardSessions(aedes, sessions, hooks.ledger)
  listen(aedes, hooks)
  return aedes
}

function forwarder(guard: DeliveryGuard, ledger: Ledger) {
  return <P extends { topic: string; payload: string | Buffer }>(client: Client, packet: P) => {
    if (guard.admit(client, packet.payload.length)) {
      ledger.sentBytes += packet.payload.length
      return packet
    }
    const reason = 'the reader is too slow'
    ledger.record({ type: 'dropped', client: client.id, topic: packet.topic, reason })
    return null
  }
}

function listen(aedes: Aedes, { gate, ledger }: Hooks): void {
  aedes.on('client', client => gate.enter(client))
  aedes.on('clientReady', client => ledger.record({ type: 'client-connected', client: client.id }))
  aedes.on('clientDisconnect', client => {
    gate.leave(client)
    ledger.record({ type: 'client-gone', client: client.id })
  })
  aedes.on('unsubscribe', (filters, client) => gate.unsubscribe(client, filters))
  const failed = (client: Client, error: Error) => {
    if (error instanceof Refused) return
    ledger.record({ type: 'error', reason: error.message, ...(client.id && { client: client.id }) })
  }
  const { on } = aedes as EventEmitter
  on.call(aedes, 'error', (error: Error) => ledger.record({ type: 'error', reason: error.message }))
  aedes.on('clientError', failed)
  aedes.on('connectionError', failed)
}
