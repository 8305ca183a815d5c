import { existsSync } from 'node:fs'
import { readUsers, USERS_HEADER } from '@cocoi/broker'
import { newJoinToken } from '@cocoi/service'
import { type AccessFolder, writeSecret } from './access-folder.ts'
import { createAuthority, issueClient, issueServer } from './authority-files.ts'
import { settingsText } from './settings-text.ts'
import { addUser, removeUser } from './user-accounts.ts'

export interface SetupOptions {
  readonly tls: boolean
  /** Clients over TLS need a certificate. */
  readonly mutualTls: boolean
  /** Names and addresses for the broker's certificate. */
  readonly hosts: readonly string[]
  /** Names of devices that get a secret and a certificate now, instead of joining later. */
  readonly devices: readonly string[]
  /** Name of the coordinator. */
  readonly coordinator: string
  /** Make everything anew. */
  readonly force: boolean
}

/** What was made, and what was there already and left alone. */
export interface SetupReport {
  readonly made: readonly string[]
  readonly kept: readonly string[]
}

/**
 * Makes what is missing in the folder. With `force` what is there is replaced: passwords, token,
 * certificates and settings; other users stay.
 *
 * @throws {BrokerError} for a users file that cannot be used; {CliError}
 */
export async function setUpAccess(
  access: AccessFolder,
  options: SetupOptions,
): Promise<SetupReport> {
  const made: string[] = []
  const kept: string[] = []
  const ensure = async (path: string, make: () => Promise<unknown>, isThere = existsSync(path)) => {
    if (isThere && !options.force) return void kept.push(path)
    await make()
    made.push(path)
  }
  if (!existsSync(access.users)) await writeSecret(access.users, USERS_HEADER)
  if (options.tls) await ensureCertificates(access, options, ensure)
  for (const user of usersOf(options)) {
    const isThere = readUsers(access.users).has(user.name)
    const make = () => renewUser(access, user, isThere)
    await ensure(access.secretOf(user.name), make, isThere)
  }
  await ensure(access.joinToken, () => writeSecret(access.joinToken, newJoinToken()))
  const settings = settingsText(access, options)
  await ensure(access.settings, () => writeSecret(access.settings, settings))
  return { made, kept }
}

type Ensure = (path: string, make: () => Promise<unknown>, isThere?: boolean) => Promise<unknown>

async function ensureCertificates(
  access: AccessFolder,
  options: SetupOptions,
  ensure: Ensure,
): Promise<void> {
  await ensure(access.ca.cert, () => createAuthority(access), access.hasAuthority)
  await ensure(access.server.cert, () => issueServer(access, options.hosts))
  // Users from before there was a CA.
  for (const { name } of readUsers(access.users).values()) {
    const { cert } = access.clientOf(name)
    await ensure(cert, () => issueClient(access, name))
  }
}

interface NewUser {
  readonly name: string
  readonly role: string
}

function usersOf({ coordinator, devices }: SetupOptions): NewUser[] {
  return [
    { name: coordinator, role: 'coordinator' },
    { name: 'sensor', role: 'sensor' },
    { name: 'viewer', role: 'viewer' },
    ...devices.map(name => ({ name, role: 'device' })),
  ]
}

async function renewUser(access: AccessFolder, user: NewUser, isThere: boolean): Promise<void> {
  if (isThere) await removeUser(access, user.name)
  await addUser(access, { ...user, proof: { kind: 'generated' } })
}
