import type { IClientOptions } from 'mqtt'
import type { BackoffOptions } from './backoff.ts'
import { TransportError } from './errors.ts'
import type { Will } from './link.ts'
import type { OnNotice } from './notice.ts'

/** How to reach a broker and behave towards it. */
export interface MqttOptions {
  /**
   * `mqtt://`, `mqtts://`, `ws://` or `wss://` address; several, separated by commas, for brokers that
   * are one cluster: each attempt to connect goes to the next of them.
   */
  readonly url: string
  readonly clientId: string
  readonly username?: string
  readonly password?: string
  /** Certificate authority, certificate and key for TLS, in PEM. */
  readonly ca?: Uint8Array
  readonly cert?: Uint8Array
  readonly key?: Uint8Array
  /** Name that the certificate must be for, if it is not that of the address. */
  readonly servername?: string
  /**
   * Seconds of silence after which broker and client give each other up, both with half as much
   * patience again. While a transfer moves it is no silence to us, to our broker and to mosquitto;
   * other brokers may count whole packets: keep it at 60 or more where large messages go.
   */
  readonly keepaliveS: number
  /** For connecting until the broker accepts, and for its answer to a subscription. @default 5000 */
  readonly connectTimeoutMs?: number
  /** Larger messages go in parts. @default 16 MiB */
  readonly maxPayloadBytes?: number
  /** Largest message, sent or joined from parts. @default 64 MiB */
  readonly maxMessageBytes?: number
  /** Bytes that may wait to be written or acknowledged. @default 256 MiB */
  readonly maxQueuedBytes?: number
  /** The will of the connection that gets this session number; called before every attempt. */
  readonly will?: (session: number) => Will
  /** Session number of the next attempt. @default the time in ms, or one more than the previous */
  readonly nextSession?: (previous: number) => number
  /** @default 250 to 3000 ms: everyone is back within a few seconds of the broker */
  readonly backoff?: BackoffOptions
  /** Uniform in [0, 1). @default Math.random */
  readonly random?: () => number
  readonly onNotice?: OnNotice
}

/** Options that are the same at every attempt, for mqtt.js. */
export type FixedClientOptions = Omit<IClientOptions, 'will'> & { readonly connectTimeout: number }

const PROTOCOLS = ['mqtt', 'mqtts', 'ws', 'wss'] as const

/** One broker: its address for messages, and how to connect to it. */
export interface BrokerAddress {
  /** Without user name and password. */
  readonly url: string
  readonly options: FixedClientOptions
}

/**
 * The brokers that the options name, at least one, in their order.
 *
 * @throws {TransportError} ERR_BAD_URL
 */
export function brokerAddresses(options: MqttOptions): readonly BrokerAddress[] {
  return options.url.split(',').map(text => {
    const one = { ...options, url: text.trim() }
    return { options: clientOptions(one), url: printableUrl(one.url) }
  })
}

/**
 * Translates the options for mqtt.js. The address is taken apart here: mqtt.js would take a client id
 * from its query, and anything it does not know for `mqtt`.
 */
function clientOptions(options: MqttOptions): FixedClientOptions {
  const { address, protocol } = parseAddress(options)
  const username = options.username ?? decodeURIComponent(address.username)
  const password = options.password ?? decodeURIComponent(address.password)
  return {
    protocol,
    host: address.hostname.replace(/^\[|\]$/g, ''),
    ...(address.port && { port: Number(address.port) }),
    ...(protocol.startsWith('ws') && { path: address.pathname + address.search }),
    ...(username && { username }),
    ...(password && { password }),
    ...tlsOptions(options),
    clientId: options.clientId,
    keepalive: options.keepaliveS,
    connectTimeout: options.connectTimeoutMs ?? 5000,
    // aedes speaks 3.1.1 and nothing newer.
    protocolVersion: 4,
    clean: true,
    // We reconnect with jitter, by a new client, and subscribe again ourselves.
    reconnectPeriod: 0,
    resubscribe: false,
    // Otherwise what is published offline is sent, stale, at the next connect.
    queueQoSZero: false,
    timerVariant: 'native',
    // A buffer for each of 65536 numbers, ready to be written: 7 MB to save a few allocations a second.
    writeCache: false,
  }
}

function printableUrl(url: string): string {
  const address = new URL(url)
  address.username = ''
  address.password = ''
  return address.href
}

function parseAddress({ url, ca, cert, key }: MqttOptions) {
  const address = URL.canParse(url) ? new URL(url) : undefined
  const protocol = PROTOCOLS.find(one => `${one}:` === address?.protocol)
  if (!address?.hostname || !protocol) {
    throw new TransportError(
      'ERR_BAD_URL',
      'the address of the broker must look like mqtt://host:1883, mqtts://host:8883, ' +
        `ws://host:8080 or wss://host:443; its scheme is ${JSON.stringify(url.split(':')[0])}`,
    )
  }
  if ((ca || cert || key) && (protocol === 'mqtt' || protocol === 'ws')) {
    throw new TransportError(
      'ERR_BAD_URL',
      `certificates are given, but ${protocol}:// is not encrypted; use ${protocol}s://`,
    )
  }
  return { address, protocol }
}

function tlsOptions({ ca, cert, key, servername }: MqttOptions): IClientOptions {
  return {
    ...(ca && { ca: Buffer.from(ca) }),
    ...(cert && { cert: Buffer.from(cert) }),
    ...(key && { key: Buffer.from(key) }),
    ...(servername && { servername }),
  }
}
