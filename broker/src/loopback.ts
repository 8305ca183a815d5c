/** Whether the address of a peer is 127.0.0.0/8 or ::1, also written as an IPv6 address. */
export function isLoopback(address: string | undefined): boolean {
  const plain = address?.replace(/^::ffff:/i, '') ?? ''
  return plain === '::1' || /^127\.\d+\.\d+\.\d+$/.test(plain)
}

/** Whether what listens on this host can be reached from this machine only. */
export function isLoopbackHost(host: string): boolean {
  return host === 'localhost' || isLoopback(host)
}
