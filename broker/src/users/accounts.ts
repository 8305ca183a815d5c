import { statSync } from 'node:fs'
import { type Identity, isIdentifier } from '@cocoi/protocol'
import { type JoinRequest, mayJoin, parseJoinPassword, readSecret } from '@cocoi/service'
import { BrokerError } from '../errors.ts'
import { matchesSecret, parseCredential, type ScryptCost, secretCredential } from './credential.ts'
import { LoginThrottle } from './login-throttle.ts'
import { PasswordChecker } from './password.ts'
import { RecentPasswords } from './recent-passwords.ts'
import type { User } from './user.ts'
import { readUsers, type Users, updateUsers } from './users-file.ts'

/** No user name is longer. */
const MAX_NAME_CHARACTERS = 64

/** How a client shows who it is. */
export interface LoginAttempt {
  readonly username: string
  readonly password: Uint8Array
  readonly address: string | undefined
  /** The client holds the key of a certificate of our CA in this name; the password does not matter. */
  readonly certified: boolean
}

export interface AccountsOptions {
  readonly usersFile: string
  /** Lets new devices join; undefined or an absent file lets none. */
  readonly joinTokenFile?: string
  /** Users who changed or are gone: what they are connected with now is no longer right. */
  readonly onChange?: (names: ReadonlySet<string>) => void
  readonly onJoin?: (device: string) => void
  /** Milliseconds of a clock that does not jump. */
  readonly now?: () => number
}

/** Everybody who may log in: the users of the file, and devices that join with the token. */
export class Accounts {
  readonly #options: AccountsOptions
  readonly #now: () => number
  readonly #throttle = new LoginThrottle()
  readonly #passwords = new PasswordChecker()
  readonly #recent = new RecentPasswords()
  #users: Users = new Map()
  #stamp = ''

  /** @throws {BrokerError} ERR_BAD_USERS */
  constructor(options: AccountsOptions) {
    this.#options = options
    this.#now = options.now ?? (() => performance.now())
    this.refresh()
  }

  /**
   * Reads the file again if it has changed, also its access rights. Called at every login; while the
   * file is not as it should be nobody gets in.
   *
   * @throws {BrokerError} ERR_BAD_USERS
   */
  refresh(): void {
    const stamp = stampOf(this.#options.usersFile)
    if (stamp !== '' && stamp === this.#stamp) return
    this.#stamp = ''
    const users = readUsers(this.#options.usersFile)
    const former = this.#users
    this.#users = users
    this.#stamp = stamp
    const changed = [...former.values()].filter(user => !isSame(user, users.get(user.name)))
    if (changed.length > 0) this.#options.onChange?.(new Set(changed.map(({ name }) => name)))
  }

  /**
   * Who this is; undefined for a wrong name or password.
   *
   * What cannot be guessed (a certificate, 256 random bits, a proof made with the join token) is checked
   * at once. Everything else costs one run of scrypt and is slowed down after failures.
   *
   * @throws {BrokerError} ERR_TOO_MANY_LOGINS, ERR_BAD_USERS: it may be tried again
   */
  async authenticate(attempt: LoginAttempt): Promise<Identity | undefined> {
    this.refresh()
    const user = this.#users.get(attempt.username)
    if (attempt.certified) return user && identityOf(user)
    const sure = await this.#withoutGuessing(attempt, user)
    return sure ?? (await this.#byPassword(attempt, user))
  }

  async #withoutGuessing(
    { username, password }: LoginAttempt,
    user: User | undefined,
  ): Promise<Identity | undefined> {
    const text = Buffer.from(password).toString('latin1')
    const request = parseJoinPassword(text)
    if (!user) return request && (await this.#join(username, request))
    const credential = parseCredential(user.credential)
    if (credential?.kind !== 'secret') return undefined
    return matchesSecret(request?.secret ?? text, credential) ? identityOf(user) : undefined
  }

  async #byPassword(attempt: LoginAttempt, user: User | undefined): Promise<Identity | undefined> {
    const { username, password, address } = attempt
    // Names that do not exist are slowed down too, or that would tell which ones do.
    const name = username.slice(0, MAX_NAME_CHARACTERS)
    const guess = this.#throttle.begin({ user: name, address }, this.#now())
    if (guess.waitMs > 0) throw tooMany(address, guess.waitMs)
    try {
      if (!(await this.#isPassword(password, user))) return undefined
    } catch (error) {
      guess.withdraw()
      throw error
    }
    guess.succeeded()
    return user && identityOf(user)
  }

  async #isPassword(password: Uint8Array, user: User | undefined): Promise<boolean> {
    const credential = user && parseCredential(user.credential)
    if (!user || credential?.kind !== 'password')
      return this.#passwords.matches(password, this.#usualCost())
    if (this.#recent.has(user, password)) return true
    const right = await this.#passwords.matches(password, credential)
    if (right) this.#recent.add(user, password)
    return right
  }

  /** What checking a password costs with the users of the file. */
  #usualCost(): ScryptCost | undefined {
    for (const { credential } of this.#users.values()) {
      const parsed = parseCredential(credential)
      if (parsed?.kind === 'password') return { ln: parsed.ln, r: parsed.r, p: parsed.p }
    }
    return undefined
  }

  async #join(device: string, request: JoinRequest): Promise<Identity | undefined> {
    const token = this.#joinToken()
    if (!token || !isIdentifier(device) || !mayJoin(token, device, request)) return undefined
    const newcomer: User = {
      name: device,
      role: 'device',
      credential: secretCredential(request.secret),
    }
    let enrolled: User | undefined = newcomer
    await updateUsers(this.#options.usersFile, users => {
      enrolled = users.get(device)
      return enrolled ? {} : { put: [newcomer] }
    })
    this.refresh()
    if (!enrolled) this.#options.onJoin?.(device)
    // Two connections of one device join at the same time; another device of that name does not.
    return !enrolled || isSame(enrolled, newcomer) ? identityOf(newcomer) : undefined
  }

  #joinToken(): string | undefined {
    const { joinTokenFile } = this.#options
    if (!joinTokenFile || stampOf(joinTokenFile) === '') return undefined
    return readSecret(joinTokenFile)
  }
}

function identityOf({ name, role }: User): Identity {
  return { role, id: name }
}

function isSame(user: User, other: User | undefined): boolean {
  return other?.role === user.role && other.credential === user.credential
}

/** Changes whenever the file does; empty if there is none. */
function stampOf(path: string): string {
  const stats = statSync(path, { bigint: true, throwIfNoEntry: false })
  return stats ? [stats.ino, stats.size, stats.mtimeNs, stats.ctimeNs].join(' ') : ''
}

function tooMany(address: string | undefined, waitMs: number): BrokerError {
  return new BrokerError(
    'ERR_TOO_MANY_LOGINS',
    `too many failed logins of this user or from ${address}; again in ${Math.ceil(waitMs / 1000)} s`,
  )
}
