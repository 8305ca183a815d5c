import { type CocoiClient, clientOver } from '@cocoi/client'
import { MemoryBroker, type MemoryTransport } from '@cocoi/transport'
import { Coordinator } from './coordinator.ts'

/** A client and a coordinator on a broker in memory. */
export interface System {
  readonly broker: MemoryBroker
  readonly client: CocoiClient
  readonly transport: MemoryTransport
  readonly coordinator: Coordinator
  close(): Promise<void>
}

export async function startSystem(): Promise<System> {
  const broker = new MemoryBroker()
  const coordinator = await Coordinator.start(broker.connect({ clientId: 'main' }))
  const transport = broker.connect({ clientId: 'camera' })
  const client = await clientOver(transport, { id: 'camera' })
  const close = async () => {
    await client.close()
    await coordinator.transport.close()
  }
  return { broker, client, transport, coordinator, close }
}
