import { z } from 'zod'
import { bytes, count, milliseconds, port } from './quantities.ts'

/** Section `broker`: the broker's own listener and limits. */
export const brokerSchema = z.strictObject({
  host: z.string().min(1).describe('address to listen on; `0.0.0.0` for every interface'),
  port: port.describe('TCP port; 0 takes any free one'),
  anonymous: z
    .enum(['loopback', 'never'])
    .describe('clients without a user name: `loopback` lets those on this machine in, or `never`'),
  maxPacketBytes: bytes.describe('largest MQTT packet of a client that has logged in'),
  maxPacketBytesBeforeLogin: bytes.min(256).describe('largest MQTT packet before that'),
  maxQueuedBytesPerClient: bytes.describe(
    'unsent bytes beyond which a slow client misses messages',
  ),
  maxConnections: count.describe('clients at one time'),
  maxSubscriptionsPerClient: count.describe('subscriptions of one client'),
  connectTimeoutMs: milliseconds.describe('a connection must have logged in within this time'),
})

export type BrokerConfig = z.output<typeof brokerSchema>
