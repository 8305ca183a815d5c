import type { Principal } from './access.ts'
import { isLoopback } from './loopback.ts'
import type { BrokerOptions } from './options.ts'

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
  readonly remoteAddress: string | undefined
}

/** Finds out who a client is. */
export async function login(
  { username, password, remoteAddress }: Credentials,
  options: BrokerOptions,
): Promise<Principal | Refusal> {
  if (username === undefined) return admitAnonymous(remoteAddress, options)
  const { authenticate, limits } = options
  if (!authenticate)
    return { code: 4, reason: 'no users are set up; add one or leave out the name' }
  try {
    const check = authenticate(username, password ?? new Uint8Array())
    const identity = await withDeadline(check, limits.connectTimeoutMs)
    if (identity) return { kind: 'user', name: username, identity }
    return { code: 4, reason: 'wrong user name or password' }
  } catch (error) {
    return { code: 3, reason: `credentials could not be checked: ${String(error)}` }
  }
}

function admitAnonymous(
  remoteAddress: string | undefined,
  { anonymous }: BrokerOptions,
): Principal | Refusal {
  if (anonymous === 'loopback' && isLoopback(remoteAddress)) return { kind: 'local' }
  return { code: 5, reason: `anonymous clients are refused from ${remoteAddress ?? 'anywhere'}` }
}

function withDeadline<T>(work: Promise<T>, ms: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no answer within ${ms} ms`)), ms)
    work.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}
