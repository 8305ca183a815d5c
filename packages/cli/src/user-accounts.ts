import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import {
  BrokerError,
  CERTIFICATE_ONLY,
  checkedUser,
  hashPassword,
  secretCredential,
  updateUsers,
} from '@cocoi/broker'
import { newJoinToken, newSecret } from '@cocoi/service'
import { type AccessFolder, writeSecret } from './access-folder.ts'
import { issueClient } from './authority-files.ts'

/** How a user is to log in. */
export type Proof =
  /** A password of 256 random bits, written into a file. */
  | { readonly kind: 'generated' }
  | { readonly kind: 'password'; readonly password: string }
  | { readonly kind: 'certificate' }

/**
 * Adds a user, with a client certificate if the folder has a CA.
 *
 * @throws {BrokerError} ERR_USER_EXISTS, ERR_BAD_USER, ERR_BAD_USERS
 */
export async function addUser(
  access: AccessFolder,
  { name, role, proof }: { name: string; role: string; proof: Proof },
): Promise<void> {
  const user = checkedUser(name, role, CERTIFICATE_ONLY)
  const { credential, secret } = await credentialOf(role, proof)
  await updateUsers(access.users, users => {
    if (!users.has(name)) return { put: [{ ...user, credential }] }
    const message = `${name} exists: change the password with cocoi users passwd ${name}`
    throw new BrokerError('ERR_USER_EXISTS', message)
  })
  if (secret !== undefined) await writeSecret(access.secretOf(name), secret)
  if (access.hasAuthority) await issueClient(access, name)
}

/**
 * Gives a user another password.
 *
 * @throws {BrokerError} ERR_UNKNOWN_USER, ERR_BAD_USERS
 */
export async function changePassword(
  access: AccessFolder,
  name: string,
  { role, proof }: { role: string; proof: Proof },
): Promise<void> {
  const { credential, secret } = await credentialOf(role, proof)
  await updateUsers(access.users, users => {
    const user = users.get(name)
    if (user) return { put: [{ ...user, credential }] }
    throw unknownUser(name, [...users.keys()])
  })
  // A password that somebody has chosen is in that head, not in a file.
  if (secret === undefined) await rm(access.secretOf(name), { force: true })
  else await writeSecret(access.secretOf(name), secret)
}

/**
 * Removes a user with the files made for it; the broker cuts it off.
 *
 * @returns whether the join token was replaced, since a removed device may know it
 * @throws {BrokerError} ERR_UNKNOWN_USER, ERR_BAD_USERS
 */
export async function removeUser(access: AccessFolder, name: string): Promise<boolean> {
  let role = ''
  await updateUsers(access.users, users => {
    const user = users.get(name)
    if (!user) throw unknownUser(name, [...users.keys()])
    role = user.role
    return { remove: [name] }
  })
  const { cert, key } = access.clientOf(name)
  for (const file of [access.secretOf(name), cert, key]) await rm(file, { force: true })
  const replaces = role === 'device' && existsSync(access.joinToken)
  if (replaces) await writeSecret(access.joinToken, newJoinToken())
  return replaces
}

async function credentialOf(
  role: string,
  proof: Proof,
): Promise<{ credential: string; secret?: string }> {
  if (proof.kind === 'certificate') return { credential: CERTIFICATE_ONLY }
  if (proof.kind === 'password') return { credential: await hashPassword(proof.password) }
  const secret = newSecret()
  // Devices come in numbers and all at once after a power cut: one round of SHA-256 each.
  if (role === 'device') return { credential: secretCredential(secret), secret }
  return { credential: await hashPassword(secret), secret }
}

export function unknownUser(name: string, known: readonly string[]): BrokerError {
  const others = known.length > 0 ? `there are ${known.join(', ')}` : 'there are none'
  return new BrokerError('ERR_UNKNOWN_USER', `no user is called ${JSON.stringify(name)}: ${others}`)
}
