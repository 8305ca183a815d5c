import { BrokerError } from './errors.ts'
import { isLoopbackHost } from './loopback.ts'
import type { BrokerOptions } from './options.ts'

/**
 * Nobody may publish results or read pictures just because they share a network with the broker.
 *
 * @throws {BrokerError} ERR_NO_USERS for a listener beyond this machine while there are no users
 */
export function checkExposure({ host, tls, ws, authenticate }: BrokerOptions): void {
  if (authenticate) return
  const exposed = [host, tls?.host, ws?.host].find(one => one !== undefined && !isLoopbackHost(one))
  if (exposed === undefined) return
  throw new BrokerError(
    'ERR_NO_USERS',
    `the broker does not listen on ${exposed} without users, since everybody on the network could ` +
      'use it: run cocoi init and set broker.usersFile to the file it makes, or set broker.host to ' +
      '127.0.0.1',
  )
}
