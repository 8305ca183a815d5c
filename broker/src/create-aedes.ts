import type { EventEmitter } from 'node:events'
import { Aedes, type Client } from 'aedes'
import { DeliveryGuard } from './delivery-guard.ts'
import type { Gate } from './gate.ts'
import type { Ledger } from './ledger.ts'
import type { BrokerOptions } from './options.ts'
import { Refused } from './refused.ts'

/** What the hooks of aedes consult. */
export interface Hooks {
  readonly gate: Gate
  readonly ledger: Ledger
}

/** An aedes that asks the gate about everything and never queues much for a slow reader. */
export async function createAedes({ limits }: BrokerOptions, hooks: Hooks): Promise<Aedes> {
  const { gate } = hooks
  const aedes = await Aedes.createBroker({
    // 0 is unlimited. With a limit, aedes delivers nothing to anyone while that many messages wait for
    // readers that do not read; the delivery guard is what bounds memory.
    concurrency: 0,
    connectTimeout: limits.connectTimeoutMs,
    preConnect: (client, packet, done) => {
      gate.apply(client, packet)
      done(null, true)
    },
    authenticate: (client, username, password, done) => {
      void gate.admit(client, username, password).then(refusal => done(refusal ?? null, !refusal))
    },
    // A refused publication closes the connection: MQTT 3.1.1 has no other way to say so.
    authorizePublish: (client, packet, done) => done(gate.publish(client, packet) ?? null),
    authorizeSubscribe: (client, subscription, done) =>
      done(null, gate.subscribe(client, subscription) ? null : subscription),
    authorizeForward: forwarder(new DeliveryGuard(limits.maxQueuedBytesPerClient), hooks.ledger),
  })
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
  aedes.on('publish', (packet, client) => {
    if (client) ledger.receivedBytes += packet.payload.length
  })
  const failed = (client: Client, error: Error) => {
    if (error instanceof Refused) return
    ledger.record({ type: 'error', reason: error.message, ...(client.id && { client: client.id }) })
  }
  const { on } = aedes as EventEmitter
  on.call(aedes, 'error', (error: Error) => ledger.record({ type: 'error', reason: error.message }))
  aedes.on('clientError', failed)
  aedes.on('connectionError', failed)
}
