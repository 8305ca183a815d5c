import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto'
import { BrokerError } from '../errors.ts'
import { type Credential, formatCredential, type ScryptCost } from './credential.ts'

export type PasswordCredential = Extract<Credential, { kind: 'password' }>

/** 32 MiB and 125 ms on a desktop core (measured), several times that on a Pi. */
const COST: ScryptCost = { ln: 15, r: 8, p: 1 }

/** The credential of somebody who knows this password. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16)
  const hash = await derive(Buffer.from(password), salt, COST)
  return formatCredential({ kind: 'password', ...COST, salt, hash })
}

/**
 * Checks passwords, few at a time: each check takes a core and 32 MiB, and everyone on the network may
 * ask for one.
 */
export class PasswordChecker {
  readonly #maxRunning: number
  readonly #maxWaiting: number
  readonly #waiting: (() => void)[] = []
  #running = 0

  constructor({ maxRunning = 2, maxWaiting = 16 } = {}) {
    this.#maxRunning = maxRunning
    this.#maxWaiting = maxWaiting
  }

  /**
   * Whether this is the password. A credential that is none but a cost stands for somebody who does not
   * exist: the answer is no and takes as long, so that the time tells nobody which names there are.
   *
   * @throws {BrokerError} ERR_TOO_MANY_LOGINS if too many wait already
   */
  async matches(
    password: Uint8Array,
    credential: PasswordCredential | ScryptCost = COST,
  ): Promise<boolean> {
    await this.#turn()
    try {
      const exists = 'hash' in credential
      const salt = exists ? credential.salt : randomBytes(16)
      const hash = await derive(password, salt, credential)
      return exists && timingSafeEqual(hash, credential.hash)
    } finally {
      this.#pass()
    }
  }

  async #turn(): Promise<void> {
    if (this.#running < this.#maxRunning) {
      this.#running += 1
      return
    }
    if (this.#waiting.length >= this.#maxWaiting) {
      const message = `${this.#waiting.length} logins wait for their password to be checked`
      throw new BrokerError('ERR_TOO_MANY_LOGINS', message)
    }
    await new Promise<void>(resolve => this.#waiting.push(resolve))
  }

  /** Gives the turn to whoever waits longest. */
  #pass(): void {
    const next = this.#waiting.shift()
    if (next) next()
    else this.#running -= 1
  }
}

function derive(password: Uint8Array, salt: Buffer, { ln, r, p }: ScryptCost): Promise<Buffer> {
  const cost = { N: 2 ** ln, r, p, maxmem: 2 * 128 * 2 ** ln * r }
  return new Promise((resolve, reject) =>
    scrypt(password, salt, 32, cost, (error, hash) => (error ? reject(error) : resolve(hash))),
  )
}
