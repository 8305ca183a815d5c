import { randomBytes, X509Certificate } from 'node:crypto'
import { existsSync } from 'node:fs'
import type { Role } from '@cocoi/protocol'
import {
  type BrokerAccess,
  type CoordinatorConfig,
  type DeviceConfig,
  deviceName,
  deviceSecretFile,
  readSecret,
} from '@cocoi/service'
import { connectMqtt, type Transport, TransportError, whenConnected } from '@cocoi/transport'
import { type Finding, failure, fine } from './finding.ts'

const TIMEOUT_MS = 5000
/** Short: what a broker refuses again and again shall be known soon. */
const BACKOFF = { minMs: 50, maxMs: 250 }

/** The way to the broker, and the name its certificate is for if that is not its address. */
export type Access = BrokerAccess & { readonly servername?: string }

/** As whom to log in. */
export interface Login {
  readonly access: Access
  /** Name of the user; undefined for somebody without one. */
  readonly user: string | undefined
  /** What the user is to be; undefined if the settings do not tell. */
  readonly role: Role | undefined
}

/**
 * As the agent of this machine logs in: with the name or certificate that is configured, else with
 * the secret of a device that has joined. Nothing is joined or written here.
 *
 * @throws {ServiceError} ERR_BAD_SECRET
 */
export function loginOf(
  access: Access,
  { device, coordinator }: { device: DeviceConfig; coordinator: CoordinatorConfig },
): Login {
  const name = deviceName(device)
  const user = access.username ?? commonName(access.cert)
  if (user !== undefined) {
    const role = user === coordinator.id ? 'coordinator' : user === name ? 'device' : undefined
    return { access, user, role }
  }
  const secret = deviceSecretFile(device.state)
  if (!existsSync(secret)) return { access, user: undefined, role: undefined }
  const joined = { ...access, username: name, password: readSecret(secret) }
  return { access: joined, user: name, role: 'device' }
}

function commonName(cert: Uint8Array | undefined): string | undefined {
  if (cert === undefined) return undefined
  return /^CN=(.+)$/m.exec(new X509Certificate(cert).subject)?.[1]
}

/** Somebody who is logged in, or why not. */
export type Outcome =
  | { readonly finding: Finding; readonly transport: Transport; readonly id: string }
  | { readonly finding: Finding; readonly transport?: undefined }

/** Logs in beside the agent of this machine, whose connections have other client ids. */
export async function logIn({ access, user }: Login): Promise<Outcome> {
  const suffix = randomBytes(4).toString('hex')
  const id = user ?? `cocoi-doctor-${suffix}`
  const clientId = user === undefined ? id : `${user}:doctor-${suffix}`
  const transport = connectMqtt({ ...access, clientId, keepaliveS: 60, backoff: BACKOFF })
  try {
    await whenConnected(transport, TIMEOUT_MS)
    const who = user === undefined ? 'without a name, as programs on its machine may' : `as ${user}`
    return { finding: fine('login', `lets us in ${who}`), transport, id }
  } catch (error) {
    await transport.close()
    return { finding: refused(error, user) }
  }
}

function refused(error: unknown, user: string | undefined): Finding {
  const check = 'login'
  const message = error instanceof Error ? error.message : String(error)
  if (!(error instanceof TransportError) || error.code !== 'ERR_NOT_AUTHORIZED') {
    const fix = 'see that mqtt.url names the port of an MQTT broker'
    return failure(check, message, fix)
  }
  if (user !== undefined) {
    const fix = `see on the broker that cocoi users list has ${user}, and give it its present password, or let the device join again`
    return failure(check, message, fix)
  }
  const fix =
    'run this with sudo where a device has joined, else give --user and --password-file, or a join token to the agent'
  return failure(check, `${message}; there is no user name here`, fix)
}
