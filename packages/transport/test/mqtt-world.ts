import { type Broker, type BrokerOptions, startBroker } from '@cocoi/broker'
import { connectMqtt, type MqttOptions, type Transport } from '@cocoi/transport'
import { type Relay, type RelayOptions, startRelay } from './relay.ts'
import type { World } from './world.ts'

const MIB = 1024 * 1024

export const BROKER: BrokerOptions = {
  host: '127.0.0.1',
  port: 0,
  base: 'cocoi',
  anonymous: 'loopback',
  limits: {
    maxPacketBytes: 64 * MIB,
    maxPacketBytesBeforeLogin: 8192,
    maxQueuedBytesPerClient: 32 * MIB,
    maxConnections: 100,
    maxSubscriptionsPerClient: 100,
    connectTimeoutMs: 5000,
  },
}

export interface MqttWorld extends World {
  /** Of the broker itself, without a network between. */
  readonly port: number
  /** Over a network of its own. */
  connect(
    options: Partial<MqttOptions> & { clientId: string },
    network?: RelayOptions,
  ): Promise<Transport>
  relay(clientId: string): Relay
}

/** A real broker, and a relay in front of it for every client. */
export async function mqttWorld(options: Partial<BrokerOptions> = {}): Promise<MqttWorld> {
  let broker: Broker | undefined = await startBroker({ ...BROKER, ...options })
  const { port } = broker
  const relays = new Map<string, Relay>()
  const transports: Transport[] = []
  const stop = async () => {
    await broker?.close()
    broker = undefined
  }
  return {
    port,
    connect: async (client, network) => {
      const relay = await startRelay(() => port, network)
      relays.set(client.clientId, relay)
      const transport = connectMqtt({
        url: `mqtt://127.0.0.1:${relay.port}`,
        keepaliveS: 60,
        backoff: { minMs: 1, maxMs: 20 },
        ...client,
      })
      transports.push(transport)
      return transport
    },
    relay: clientId => relays.get(clientId)!,
    sever: clientId => relays.get(clientId)!.cut(),
    stop,
    start: async () => {
      broker = await startBroker({ ...BROKER, ...options, port })
    },
    close: async () => {
      await Promise.all(transports.map(transport => transport.close()))
      await Promise.all([...relays.values()].map(relay => relay.close()))
      await stop()
    },
  }
}
