import { readSecret } from '@cocoi/service'
import { BrokerError } from '../errors.ts'
import { withFileLock } from './file-lock.ts'
import { replaceSecretFile } from './replace-file.ts'
import { checkedUser, type User } from './user.ts'

/** Users by name. */
export type Users = ReadonlyMap<string, User>

/** What becomes of a users file. */
export interface UsersChange {
  /** Added, or put in the place of the user of that name. */
  readonly put?: readonly User[]
  /** Names. */
  readonly remove?: readonly string[]
}

/** Comment at the top of a users file. */
export const USERS_HEADER =
  '# Who may log in, one a line: name:role:credential. Changed by `cocoi users`; the broker notices.\n'

/** What `readSecret` takes at most. */
const MAX_BYTES = 65_536

/**
 * The users of a file that only its owner may read.
 *
 * @throws {BrokerError} ERR_BAD_USERS with the number of the line, or with what is wrong with the file
 */
export function readUsers(path: string): Users {
  return parse(path, read(path))
}

/**
 * Changes a users file and leaves its other lines as they are.
 *
 * @param change what to change, decided while nobody else changes the file
 * @throws {BrokerError} ERR_BAD_USERS, and whatever `change` throws
 */
export async function updateUsers(
  path: string,
  change: (users: Users) => UsersChange,
): Promise<void> {
  await withFileLock(path, async () => {
    const text = read(path)
    const { put = [], remove = [] } = change(parse(path, text))
    if (put.length === 0 && remove.length === 0) return
    const gone = new Set([...remove, ...put.map(({ name }) => name)])
    const kept = text.split('\n').filter(line => line !== '' && !gone.has(nameOf(line)))
    await write(path, [...kept, ...put.map(formatUser)])
  })
}

/** The line of a user. */
export function formatUser({ name, role, credential }: User): string {
  return `${name}:${role}:${credential}`
}

function read(path: string): string {
  try {
    return readSecret(path)
  } catch (cause) {
    const reason = (cause as Error).message.replace('the secret file ', '')
    const hint = reason.includes('ENOENT') ? '; cocoi init makes one' : ''
    throw new BrokerError('ERR_BAD_USERS', `the users file ${reason}${hint}`, { cause })
  }
}

async function write(path: string, lines: readonly string[]): Promise<void> {
  const text = `${lines.join('\n')}\n`
  if (Buffer.byteLength(text) > MAX_BYTES) {
    const message = `${path} would have more than ${MAX_BYTES} bytes: remove users first`
    throw new BrokerError('ERR_BAD_USERS', message)
  }
  await replaceSecretFile(path, text)
}

function parse(path: string, text: string): Users {
  const users = new Map<string, User>()
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue
    const user = parseLine(line, `${path} line ${index + 1}`)
    if (users.has(user.name)) throw badLine(`${path} line ${index + 1}`, `${user.name} again`)
    users.set(user.name, user)
  }
  return users
}

function parseLine(line: string, place: string): User {
  const [name = '', role = '', credential = '', ...rest] = line.trim().split(':')
  if (rest.length > 0) throw badLine(place, 'more than name:role:credential')
  try {
    return checkedUser(name, role, credential)
  } catch (error) {
    throw badLine(place, (error as Error).message)
  }
}

function nameOf(line: string): string {
  return line.startsWith('#') ? '' : line.trim().split(':')[0]!
}

function badLine(place: string, reason: string): BrokerError {
  return new BrokerError('ERR_BAD_USERS', `the users file ${place}: ${reason}`)
}
