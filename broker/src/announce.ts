import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { announceBroker } from '@cocoi/discovery'
import type { BrokerConfig, Logger } from '@cocoi/service'
import { isLoopbackHost } from './loopback.ts'
import type { Broker } from './options.ts'

/**
 * Lets devices find the broker, if it listens with TLS beyond this machine: they believe nobody without
 * a certificate. The broker works without it, so a failure is a warning.
 *
 * @returns ends it
 */
export function announce(
  { announce, tls }: BrokerConfig,
  { tlsPort }: Broker,
  logger: Logger,
): () => Promise<void> {
  if (!announce || tlsPort === undefined || isLoopbackHost(tls.host)) return async () => {}
  const onError = (error: Error) =>
    logger.warn('the broker cannot be found by multicast DNS', { reason: error.message })
  try {
    const host = nameIn(readFileSync(tls.certFile)) ?? `${hostname()}.local`
    const everywhere = tls.host === '0.0.0.0' || tls.host === '::'
    const network = everywhere ? {} : { network: tls.host }
    const { close } = announceBroker({ host, port: tlsPort, ...network, onError })
    logger.info('announced by multicast DNS', { host, port: tlsPort })
    return close
  } catch (error) {
    onError(error as Error)
    return async () => {}
  }
}

/** The name in the certificate by which others may know this machine, best one of multicast DNS. */
function nameIn(certificate: Uint8Array): string | undefined {
  const names = (new X509Certificate(certificate).subjectAltName ?? '')
    .split(', ')
    .flatMap(one => /^DNS:([a-z0-9.-]+)$/i.exec(one)?.[1] ?? [])
    .filter(name => name !== 'localhost')
  return names.find(name => name.endsWith('.local')) ?? names[0]
}
