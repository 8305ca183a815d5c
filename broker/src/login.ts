import type { Principal } from './access.ts'
import { BrokerError } from './errors.ts'
import { isLoopback } from './loopback.ts'
import type { BrokerOptions } from './options.ts'
import type { Peer } from './peer.ts'

/** Return codes of a CONNACK, MQTT 3.1.1 table 3.1. */
export type ConnackCode = 2 | 3 | 4 | 5

/** Why somebody is not admitted. */
export interface Refusal {
  readonly code: ConnackCode
  readonly reason: string
}

/** What a client shows at login. */
export interface Credentials {
  readonly username: string | undefined
  readonly password: Uint8Array | undefined
  readonly peer: Peer
}

/** Finds out who a client is. */
export async function login(
  credentials: Credentials,
  options: BrokerOptions,
): Promise<Principal | Refusal> {
  const { peer } = credentials
  const name = credentials.username ?? peer.certificateName
  if (name === undefined) return admitAnonymous(peer, options)
  if (!options.authenticate)
    return { code: 4, reason: 'no users are set up; add one or leave out the name' }
  if (peer.certificateName !== undefined && peer.certificateName !== name)
    return { code: 4, reason: `the certificate is that of ${peer.certificateName}` }
  return admitUser(name, credentials, options)
}

async function admitUser(
  name: string,
  { password, peer }: Credentials,
  { authenticate, limits }: BrokerOptions,
): Promise<Principal | Refusal> {
  try {
    const { address, certificateName } = peer
    const proof = { address, certified: certificateName === name }
    const check = authenticate!(name, password ?? new Uint8Array(), proof)
    const identity = await withDeadline(check, limits.connectTimeoutMs)
    if (identity) return { kind: 'user', name, identity }
    return { code: 4, reason: `wrong user name or password from ${address}` }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    if (error instanceof BrokerError && error.code === 'ERR_TOO_MANY_LOGINS')
      return { code: 3, reason }
    return { code: 3, reason: `credentials could not be checked: ${reason}` }
  }
}

function admitAnonymous(peer: Peer, { anonymous }: BrokerOptions): Principal | Refusal {
  if (peer.isBrowser) return { code: 5, reason: 'pages in a browser must log in' }
  if (anonymous !== 'never' && isLoopback(peer.address)) return { kind: 'local' }
  return { code: 5, reason: `anonymous clients are refused from ${peer.address ?? 'anywhere'}` }
}

function withDeadline<T>(work: Promise<T>, ms: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no answer within ${ms} ms`)), ms)
    work.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}
