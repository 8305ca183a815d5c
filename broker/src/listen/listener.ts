import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { BrokerError } from '../errors.ts'
import type { Ledger } from '../ledger.ts'
import type { Connections, Enter } from './connections.ts'

/** An open port. */
export interface Listener {
  readonly port: number
  /** Resolves when every connection it has accepted is closed. */
  close(): Promise<void>
}

/** Where to listen, and the setting to name in an error. */
export interface Place {
  readonly host: string
  readonly port: number
  readonly setting: string
}

/**
 * Opens a port. TLS and WebSockets are layers that `enter` puts on the accepted socket, so that all
 * listeners share one limit of connections and one way to end them.
 *
 * @throws {BrokerError} ERR_PORT_IN_USE, ERR_LISTEN
 */
export async function listen(
  place: Place,
  enter: Enter,
  { connections, ledger }: { connections: Connections; ledger: Ledger },
): Promise<Listener> {
  const server = createServer({ noDelay: true }, socket => connections.accept(socket, enter))
  server.listen(place.port, place.host)
  try {
    await once(server, 'listening')
  } catch (error) {
    throw listenError(error as NodeJS.ErrnoException, place)
  }
  server.on('error', error => ledger.record({ type: 'error', reason: error.message }))
  return {
    port: (server.address() as AddressInfo).port,
    close: () => new Promise<void>(resolve => server.close(() => resolve())),
  }
}

function listenError(cause: NodeJS.ErrnoException, { host, port, setting }: Place): BrokerError {
  if (cause.code === 'EADDRINUSE') {
    return new BrokerError(
      'ERR_PORT_IN_USE',
      `port ${port} of ${host} is in use: stop the broker that listens there (sudo systemctl stop ` +
        `mosquitto?) or set another ${setting}`,
      { cause },
    )
  }
  return new BrokerError('ERR_LISTEN', `cannot listen on ${host}:${port}: ${cause.message}`, {
    cause,
  })
}
