import type { Aedes, AedesPublishPacket } from 'aedes'
import type { Ledger } from './ledger.ts'

/** What a stored packet costs in memory besides its payload, roughly. */
const OVERHEAD_BYTES = 1024

interface Owner {
  readonly clientId: string
}

/** A packet of a session, or the PUBREL that takes the place of a QoS 2 message once it has arrived. */
interface Stored {
  readonly cmd?: string
  readonly payload?: string | Buffer
  readonly messageId?: number
}

/** Where aedes keeps messages for sessions whose client is away; not in its types. */
interface SessionStore {
  outgoingEnqueueCombi(owners: readonly Owner[], packet: AedesPublishPacket): Promise<void>
  outgoingStream(client: { readonly id: string }): AsyncIterable<Stored>
  /** Gives a packet its message id, or puts the PUBREL in its place. */
  outgoingUpdate(client: { readonly id: string }, packet: Stored): Promise<void>
  outgoingClearMessageId(
    client: { readonly id: string },
    packet: Stored,
  ): Promise<Stored | undefined>
}

/**
 * Bounds what is kept for sessions that outlive their connection: bytes per client, and clients. aedes
 * keeps every QoS 1 message for a client that never comes back.
 *
 * @throws {TypeError} if aedes no longer has the store this hooks into
 */
export function guardSessions(
  aedes: Aedes,
  { maxBytes, maxClients }: { maxBytes: number; maxClients: number },
  ledger: Ledger,
): void {
  const store = storeOf(aedes)
  const kept = new Map<string, number>()
  /** What the message has cost that a PUBREL stands for. */
  const costs = new WeakMap<Stored, number>()
  const enqueue = store.outgoingEnqueueCombi.bind(store)
  const update = store.outgoingUpdate.bind(store)
  const clear = store.outgoingClearMessageId.bind(store)

  store.outgoingEnqueueCombi = async (owners, packet) => {
    const cost = costOf(packet)
    const admitted = owners.filter(({ clientId }) => {
      const bytes = kept.get(clientId) ?? 0
      const fits = bytes + cost <= maxBytes && (bytes > 0 || kept.size < maxClients)
      if (fits) kept.set(clientId, bytes + cost)
      else drop(ledger, clientId, packet.topic)
      return fits
    })
    await enqueue(admitted, packet)
  }
  store.outgoingUpdate = async (client, packet) => {
    if (packet.cmd === 'pubrel') {
      for await (const stored of store.outgoingStream(client)) {
        if (stored.messageId === packet.messageId)
          costs.set(packet, costs.get(stored) ?? costOf(stored))
      }
    }
    await update(client, packet)
  }
  store.outgoingClearMessageId = async (client, packet) => {
    const cleared = await clear(client, packet)
    const cost = cleared ? (costs.get(cleared) ?? costOf(cleared)) : 0
    const rest = (kept.get(client.id) ?? 0) - cost
    if (rest > 0) kept.set(client.id, rest)
    else kept.delete(client.id)
    return cleared
  }
}

function costOf({ payload }: Stored): number {
  return (payload?.length ?? 0) + OVERHEAD_BYTES
}

function drop(ledger: Ledger, client: string, topic: string): void {
  ledger.record({ type: 'dropped', client, topic, reason: 'too much is kept for its session' })
}

function storeOf(aedes: Aedes): SessionStore {
  const { persistence } = aedes as unknown as { persistence?: Partial<SessionStore> }
  const { outgoingEnqueueCombi, outgoingStream, outgoingUpdate, outgoingClearMessageId } =
    persistence ?? {}
  if (outgoingEnqueueCombi && outgoingStream && outgoingUpdate && outgoingClearMessageId) {
    return persistence as SessionStore
  }
  throw new TypeError('this version of aedes has no session store to bound')
}
