import { type ConnectionOptions, connect } from 'node:tls'
import { DiscoveryError } from './errors.ts'
import { type AnnouncedBroker, type FindOptions, findBroker } from './find-broker.ts'

/** What of the way to the broker matters here. */
export interface Access {
  /** `auto` to look for it. */
  readonly url: string
  readonly ca?: Uint8Array
  readonly cert?: Uint8Array
  readonly key?: Uint8Array
}

/** The same way, with an address, and the name that the certificate there must be for. */
export type Located<A extends Access> = A & { readonly servername?: string }

export interface LocateOptions extends Partial<Omit<FindOptions, 'accept'>> {
  /** Told that the broker is looked for, and where it is. */
  readonly tell?: (message: string, facts?: Record<string, unknown>) => void
}

const TIMEOUT_MS = 10_000
const HANDSHAKE_TIMEOUT_MS = 5000

/**
 * Looks for the broker if the address is `auto`; any other way stays as it is.
 *
 * Anybody may answer a question to everybody. Therefore nobody is believed who does not show, for the
 * name that was announced, a certificate of the authority that is known here, and nothing secret is
 * sent before. The authorities of the system would not do: everybody gets certificates of those.
 *
 * @throws {DiscoveryError} ERR_NO_BROKER_FOUND, ERR_CA_NEEDED
 */
export async function locateBroker<A extends Access>(
  access: A,
  { tell, ...options }: LocateOptions = {},
): Promise<Located<A>> {
  if (access.url !== 'auto') return access
  if (access.ca === undefined) {
    const message =
      'a broker that is looked for must show a certificate: set mqtt.caFile to its ca.crt'
    throw new DiscoveryError('ERR_CA_NEEDED', message)
  }
  tell?.('looking for the broker')
  const accept = (broker: AnnouncedBroker) => handshake(broker, access)
  const broker = await findBroker({ timeoutMs: TIMEOUT_MS, ...options, accept })
  tell?.('found the broker', { ...broker })
  return { ...access, url: `mqtts://${broker.address}:${broker.port}`, servername: broker.host }
}

/** Whether the other side has a certificate for its name; nothing is said but hello. */
function handshake(
  { address, port, host }: AnnouncedBroker,
  { ca, cert, key }: Access,
): Promise<true | string> {
  const own: ConnectionOptions = {
    ...(ca && { ca: Buffer.from(ca) }),
    ...(cert && { cert: Buffer.from(cert) }),
    ...(key && { key: Buffer.from(key) }),
  }
  return new Promise(resolve => {
    const socket = connect({ host: address, port, servername: host, ...own })
    const settle = (verdict: true | string) => {
      clearTimeout(deadline)
      socket.destroy()
      resolve(verdict)
    }
    const late = `it does not answer within ${HANDSHAKE_TIMEOUT_MS} ms`
    const deadline = setTimeout(() => settle(late), HANDSHAKE_TIMEOUT_MS)
    socket.on('secureConnect', () => settle(true))
    socket.on('error', error => settle(error.message))
  })
}
