import { hostname, networkInterfaces } from 'node:os'

/** What others may call this machine: names, and addresses that are reachable from outside it. */
export function machineNames(): string[] {
  const host = hostname()
  return [host, `${host}.local`, 'localhost', ...addresses(), '127.0.0.1', '::1'].filter(
    (name, index, all) => all.indexOf(name) === index,
  )
}

/** The address to tell others, or the host name of a machine without network. */
export function mainAddress(): string {
  return addresses().find(address => address.includes('.')) ?? hostname()
}

function addresses(): string[] {
  return Object.values(networkInterfaces())
    .flatMap(entries => entries ?? [])
    .filter(({ internal, scopeid }) => !internal && !scopeid)
    .map(({ address }) => address)
}
