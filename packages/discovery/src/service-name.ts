/** Under this name brokers with TLS are announced (RFC 6763 section 4.1). */
export const SERVICE = '_cocoi._tcp.local'

/** The port of multicast DNS (RFC 6762). */
export const MDNS_PORT = 5353

/** Whether two names of DNS are the same: their case does not matter, nor a point at the end. */
export function isSameName(a: string, b: string): boolean {
  return plain(a) === plain(b)
}

/** Whether a name is that of one broker: something before the name of the service. */
export function isInstance(name: string): boolean {
  return plain(name).endsWith(`.${SERVICE}`)
}

function plain(name: string): string {
  return name.toLowerCase().replace(/\.$/, '')
}
