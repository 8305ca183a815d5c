import { MemoryBroker, type MemoryTransport } from '@cocoi/transport'
import type { World } from './world.ts'

export async function memoryWorld(): Promise<World> {
  const broker = new MemoryBroker()
  const transports = new Map<string, MemoryTransport>()
  return {
    connect: async options => {
      const transport = broker.connect(options)
      transports.set(options.clientId, transport)
      return transport
    },
    sever: clientId => transports.get(clientId)?.sever(),
    stop: async () => broker.stop(),
    start: async () => broker.start(),
    close: async () => {
      await Promise.all([...transports.values()].map(transport => transport.close()))
    },
  }
}
