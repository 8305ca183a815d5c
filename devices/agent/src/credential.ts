import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import {
  type BrokerAccess,
  deviceSecretFile,
  joinPassword,
  newSecret,
  readSecret,
} from '@cocoi/service'

export interface CredentialOptions {
  readonly device: string
  /** Folder of its own state; keeps the secret of the device. */
  readonly state: string
  /** Empty for none. */
  readonly joinTokenFile: string
}

/**
 * Completes how the broker is reached: who is configured with a name or a certificate uses that; a
 * device with a join token, or one that has joined, logs in with its id and its own secret.
 *
 * @throws {ServiceError} ERR_BAD_SECRET for a token or secret that cannot be read
 */
export async function withDeviceCredential(
  access: BrokerAccess,
  { device, state, joinTokenFile }: CredentialOptions,
): Promise<BrokerAccess> {
  if (access.username !== undefined || access.cert !== undefined) return access
  const secretFile = deviceSecretFile(state)
  const hasJoined = existsSync(secretFile)
  if (joinTokenFile === '' && !hasJoined) return access
  const token = existsSync(joinTokenFile) || !hasJoined ? readSecret(joinTokenFile) : undefined
  const secret = await ownSecret(secretFile)
  const password = token === undefined ? secret : joinPassword(token, device, secret)
  return { ...access, username: device, password }
}

async function ownSecret(file: string): Promise<string> {
  if (!existsSync(file)) await writeFile(file, `${newSecret()}\n`, { mode: 0o600, flag: 'wx' })
  return readSecret(file)
}
