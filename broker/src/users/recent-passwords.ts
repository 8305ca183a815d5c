import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { User } from './user.ts'

interface Recent {
  readonly credential: string
  readonly digest: Buffer
}

/**
 * Remembers passwords that were right, under a key that only this process has and that goes with it. A
 * camera that connects for every picture would otherwise cost a run of scrypt each time, an eighth of a
 * second on a desktop core. There are never more entries than users.
 */
export class RecentPasswords {
  readonly #key = randomBytes(32)
  readonly #recent = new Map<string, Recent>()

  /** Whether this password was right for the user as it stands in the file now. */
  has({ name, credential }: User, password: Uint8Array): boolean {
    const recent = this.#recent.get(name)
    if (recent?.credential !== credential) return false
    return timingSafeEqual(recent.digest, this.#digest(password))
  }

  add({ name, credential }: User, password: Uint8Array): void {
    this.#recent.set(name, { credential, digest: this.#digest(password) })
  }

  #digest(password: Uint8Array): Buffer {
    return createHmac('sha256', this.#key).update(password).digest()
  }
}
