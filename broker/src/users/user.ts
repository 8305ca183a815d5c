import { isIdentifier, type Role } from '@cocoi/protocol'
import { BrokerError } from '../errors.ts'
import { parseCredential } from './credential.ts'

/** The roles a user can have; what each may do follows from the topic table of `protocol`. */
export const ROLES = ['device', 'coordinator', 'sensor', 'viewer'] as const satisfies Role[]

/** Somebody who may log in. */
export interface User {
  /** Also the id in topics: a user speaks for this id only. */
  readonly name: string
  readonly role: Role
  /** As it stands in the users file; see `parseCredential`. */
  readonly credential: string
}

/** @throws {BrokerError} ERR_BAD_USER */
export function checkedUser(name: string, role: string, credential: string): User {
  if (!isIdentifier(name)) {
    throw badUser(
      `the user name ${JSON.stringify(name)} must be 1 to 64 letters, digits, '_' or '-', ` +
        'beginning with a letter or digit',
    )
  }
  // Role and credential stay out of the messages: what is mistyped there may be a password.
  if (!isRole(role)) {
    throw badUser(`${name} has none of the roles ${ROLES.join(', ')}`)
  }
  if (!parseCredential(credential)) {
    throw badUser(
      `the credential of ${name} cannot be read: make a new one with cocoi users passwd`,
    )
  }
  return { name, role, credential }
}

function isRole(text: string): text is Role {
  return (ROLES as readonly string[]).includes(text)
}

function badUser(message: string): BrokerError {
  return new BrokerError('ERR_BAD_USER', message)
}
