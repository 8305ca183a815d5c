import type { BrokerOptions } from '@cocoi/broker'

const MIB = 1024 * 1024

/** A broker for a handful of clients of this machine. */
export function brokerOptions(port = 0, base = 'cocoi'): BrokerOptions {
  return {
    ...{ host: '127.0.0.1', port, base, anonymous: 'loopback' },
    limits: {
      maxPacketBytes: MIB,
      maxPacketBytesBeforeLogin: 8192,
      maxQueuedBytesPerClient: 32 * MIB,
      maxConnections: 50,
      maxSubscriptionsPerClient: 50,
      connectTimeoutMs: 20_000,
    },
  }
}
