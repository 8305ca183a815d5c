import { lookup } from 'node:dns/promises'
import { once } from 'node:events'
import { connect as connectTcp, isIP, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { tlsFailure } from '@cocoi/transport'
import { systemReason } from '../system-error.ts'
import { type Finding, failure, fine, isFine } from './finding.ts'
import type { Access } from './login.ts'

const TIMEOUT_MS = 5000
const DEFAULT_PORTS: Readonly<Record<string, number>> = {
  'mqtt:': 1883,
  'mqtts:': 8883,
  'ws:': 80,
  'wss:': 443,
}

/** What was found on the way, and the way with the addresses alone that can be reached. */
export interface Reach {
  readonly findings: readonly Finding[]
  /** Undefined if there are none. */
  readonly access: Access | undefined
}

/** Goes to every address of the broker. While one can be reached, the others are no failure. */
export async function reachBroker(access: Access): Promise<Reach> {
  const urls = access.url.split(',').map(url => url.trim())
  const ways = await Promise.all(
    urls.map(async url => ({ url, findings: await goTo({ ...access, url }) })),
  )
  const reached = ways.filter(way => isFine(way.findings)).map(({ url }) => url)
  const found = ways.flatMap(way => way.findings)
  if (reached.length === 0) return { findings: found, access: undefined }
  return { findings: found.map(mildly), access: { ...access, url: reached.join(',') } }
}

function mildly(finding: Finding): Finding {
  return finding.severity === 'failure' ? { ...finding, severity: 'warning' } : finding
}

/**
 * Goes to one address step by step, name, connection, encryption, so that it can be told which one
 * fails; ends with the first that does.
 */
async function goTo(access: Access): Promise<Finding[]> {
  const { hostname, port, protocol } = new URL(access.url)
  const host = hostname.replace(/^\[|\]$/g, '')
  const place = { host, port: Number(port) || DEFAULT_PORTS[protocol]! }
  const name = await findName(host)
  if (name.severity === 'failure') return [name]
  const connection = await openConnection(place)
  if (connection.severity === 'failure') return [name, connection]
  const isSecure = protocol === 'mqtts:' || protocol === 'wss:'
  return [name, connection, ...(isSecure ? [await openEncrypted(place, access)] : [])]
}

interface Place {
  readonly host: string
  readonly port: number
}

async function findName(host: string): Promise<Finding> {
  if (isIP(host)) return fine('broker name', `${host} is an address`)
  try {
    const addresses = await lookup(host, { all: true })
    return fine('broker name', `${host} is ${addresses.map(({ address }) => address).join(', ')}`)
  } catch (error) {
    const fix = host.endsWith('.local')
      ? 'install libnss-mdns here and see that avahi-daemon runs there, or write the address into mqtt.url'
      : 'correct mqtt.url, or write the address of the broker into it'
    return failure('broker name', `${host} cannot be found (${codeOf(error)})`, fix)
  }
}

async function openConnection({ host, port }: Place): Promise<Finding> {
  const check = 'broker port'
  const socket = connectTcp({ host, port })
  try {
    await opened(socket, 'connect')
    return fine(check, `${host} listens on ${port}`)
  } catch (error) {
    return failure(
      check,
      `${host} does not answer on port ${port}: ${reasonOf(error)}`,
      portFix(error),
    )
  } finally {
    socket.destroy()
  }
}

function portFix(error: unknown): string {
  return codeOf(error) === 'ECONNREFUSED'
    ? 'start the broker there and let it listen beyond loopback (cocoi init), or correct mqtt.url'
    : 'see that it is on and in the same network, and that no firewall is in between'
}

async function openEncrypted(
  place: Place,
  { url, ca, cert, key, servername }: Access,
): Promise<Finding> {
  const check = 'broker TLS'
  const own = { ...(cert && { cert: Buffer.from(cert) }), ...(key && { key: Buffer.from(key) }) }
  const expected = servername ?? (isIP(place.host) ? undefined : place.host)
  const name = expected === undefined ? {} : { servername: expected }
  const socket = connectTls({ ...place, ...name, ...(ca && { ca: Buffer.from(ca) }), ...own })
  try {
    await opened(socket, 'secureConnect')
    return fine(check, `certificate valid until ${socket.getPeerCertificate().valid_to}`)
  } catch (error) {
    const known = error instanceof Error ? tlsFailure(url, error) : undefined
    const [what = '', fix] = (known?.message ?? '').split(': ', 2)
    if (known && fix) return failure(check, what, fix)
    const message = `the encrypted connection to ${url} fails: ${reasonOf(error)}`
    return failure(check, message, 'see that mqtt.url names the port for TLS')
  } finally {
    socket.destroy()
  }
}

async function opened(socket: Socket, event: string): Promise<void> {
  // Whatever comes after the answer is of no interest.
  socket.on('error', () => {})
  await once(socket, event, { signal: AbortSignal.timeout(TIMEOUT_MS) })
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error)
}

function reasonOf(error: unknown): string {
  if (codeOf(error) === 'ABORT_ERR') return `nothing within ${TIMEOUT_MS / 1000} s`
  return systemReason(error) || codeOf(error)
}
