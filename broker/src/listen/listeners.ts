import type { Duplex } from 'node:stream'
import { BrokerError } from '../errors.ts'
import type { Ledger } from '../ledger.ts'
import type { BrokerOptions } from '../options.ts'
import type { Connections, Enter } from './connections.ts'
import { type Listener, listen, type Place } from './listener.ts'
import { type Certificate, TlsLayer } from './tls-layer.ts'
import { WebSocketLayer } from './web-socket-layer.ts'

/** The open ports of a broker. */
export interface Listeners {
  readonly port: number
  readonly tlsPort: number | undefined
  readonly wsPort: number | undefined
  /** @throws {BrokerError} ERR_BAD_TLS */
  renewCertificate(certificate: Certificate): void
  close(): Promise<void>
}

/** Where connections lead. */
export interface Doors {
  readonly enter: Enter
  readonly isAdmitted: (connection: Duplex) => boolean
  readonly connections: Connections
  readonly ledger: Ledger
}

/**
 * Opens every port the options name, or none.
 *
 * @throws {BrokerError} ERR_BAD_TLS, ERR_PORT_IN_USE, ERR_LISTEN
 */
export async function openListeners(options: BrokerOptions, doors: Doors): Promise<Listeners> {
  const { host, port, tls, ws } = options
  const layers: TlsLayer[] = []
  const secured = (enter: Enter): Enter => {
    const layer = tlsLayer(options, enter, doors.ledger)
    layers.push(layer)
    return layer.enter
  }
  const opened: Listener[] = []
  const open = async (place: Place, enter: Enter) => {
    const listener = await listen(place, enter, doors)
    opened.push(listener)
    return listener.port
  }
  const close = async () => void (await Promise.all(opened.map(listener => listener.close())))
  try {
    const forTls = tls && secured(doors.enter)
    const forWebSockets = ws && webSocketEnter(options, doors, secured)
    return {
      port: await open({ host, port, setting: 'broker.port' }, doors.enter),
      tlsPort: tls && (await open({ ...tls, setting: 'broker.tls.port' }, forTls!)),
      wsPort: ws && (await open({ ...ws, setting: 'broker.ws.port' }, forWebSockets!)),
      renewCertificate: certificate => {
        for (const layer of layers) layer.renew(certificate)
      },
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

function webSocketEnter(
  { ws, limits }: BrokerOptions,
  { enter, isAdmitted, ledger }: Doors,
  secured: (enter: Enter) => Enter,
): Enter {
  const layer = new WebSocketLayer({ enter, isAdmitted, ledger, limits })
  return ws?.secure ? secured(layer.enter) : layer.enter
}

function tlsLayer({ tls, limits }: BrokerOptions, enter: Enter, ledger: Ledger): TlsLayer {
  if (tls) return new TlsLayer(tls, { enter, ledger, timeoutMs: limits.connectTimeoutMs })
  const message = 'WebSockets with TLS need broker.tls.certFile and broker.tls.keyFile'
  throw new BrokerError('ERR_BAD_TLS', message)
}
