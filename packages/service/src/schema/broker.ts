import { z } from 'zod'
import { bytes, count, milliseconds, optionalPath, port } from './quantities.ts'

const tls = z
  .strictObject({
    host: z.string().min(1).describe('address to listen on with TLS'),
    port: port.describe('TCP port for TLS; 0 takes any free one'),
    certFile: optionalPath.describe('PEM file of the certificate; empty for no TLS'),
    keyFile: optionalPath.describe('PEM file of its key'),
    clientCaFile: optionalPath.describe(
      'PEM file of the CA of client certificates; with it every client over TLS needs one, and its ' +
        'common name is the user name',
    ),
  })
  .refine(({ certFile, keyFile }) => (certFile === '') === (keyFile === ''), {
    error: 'certificate and key go together: set both broker.tls.certFile and broker.tls.keyFile',
    path: ['certFile'],
  })

const ws = z.strictObject({
  mode: z
    .enum(['off', 'ws', 'wss'])
    .describe('MQTT over WebSockets: `off`, `ws`, or `wss` with the certificate of broker.tls'),
  host: z.string().min(1).describe('address to listen on for WebSockets'),
  port: port.describe('TCP port for WebSockets; 0 takes any free one'),
})

/** Section `broker`: the broker's own listener and limits. */
export const brokerSchema = z.strictObject({
  host: z.string().min(1).describe('address to listen on; `0.0.0.0` for every interface'),
  port: port.describe('TCP port; 0 takes any free one'),
  announce: z
    .boolean()
    .describe(
      'lets devices find the broker by multicast DNS where it listens with TLS beyond loopback',
    ),
  anonymous: z
    .enum(['loopback', 'never', 'open'])
    .describe(
      'clients without a user name: `loopback` lets those on this machine in, `never` nobody, `open` ' +
        'lets those on this machine use topics of other programs too',
    ),
  usersFile: optionalPath.describe('file of those who may log in, made by `cocoi init`'),
  joinTokenFile: optionalPath.describe('file of the token that lets new devices join'),
  tls,
  ws,
  maxPacketBytes: bytes.describe('largest MQTT packet of a client that has logged in'),
  maxPacketBytesBeforeLogin: bytes.min(256).describe('largest MQTT packet before that'),
  maxQueuedBytesPerClient: bytes.describe(
    'unsent bytes beyond which a slow client misses messages',
  ),
  maxConnections: count.describe(
    'connections at one time; one address has at most a quarter of them before login',
  ),
  maxSubscriptionsPerClient: count.describe('subscriptions of one client'),
  connectTimeoutMs: milliseconds.describe('a connection must have logged in within this time'),
})

export type BrokerConfig = z.output<typeof brokerSchema>
