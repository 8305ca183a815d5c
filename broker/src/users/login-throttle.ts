import { networkOf } from '../network-of.ts'
import { BoundedMap } from './bounded-map.ts'

/** Whose guesses are counted. */
export interface Guess {
  /** Undefined counts the address alone. */
  readonly user: string | undefined
  readonly address: string | undefined
}

/** One attempt to log in. */
export interface Attempt {
  /** Milliseconds to wait first; 0 if it may be checked now. */
  readonly waitMs: number
  /** The guess was right. */
  succeeded(): void
  /** The guess was not checked after all. */
  withdraw(): void
}

interface Count {
  failures: number
  blockedUntil: number
  failedAt: number
}

/** Failures that cost nothing: people mistype, and many clients may share an address. */
const FREE_FAILURES = 10
const FIRST_WAIT_MS = 1000
const LONGEST_WAIT_MS = 30_000
/** Failures this old are forgotten. */
const MEMORY_MS = 15 * 60_000

/**
 * Slows down whoever guesses passwords: after ten failures the next guess has to wait 1 s, then 2, 4, …
 * at most 30 s, counted per address and per user.
 *
 * A user who has logged in from an address before is counted apart from others there: a stranger who
 * guesses at that name, or a neighbour with a wrong password, keeps nobody out. Times are milliseconds
 * of any clock that does not jump.
 */
export class LoginThrottle {
  readonly #counts: BoundedMap<string, Count>
  readonly #known: BoundedMap<string, true>

  constructor({ maxEntries = 4096 } = {}) {
    this.#counts = new BoundedMap(maxEntries)
    this.#known = new BoundedMap(maxEntries)
  }

  /**
   * Begins an attempt, which counts as failed until it is known to be right: many at once must not slip
   * through together.
   */
  begin(guess: Guess, now: number): Attempt {
    const keys = this.#keys(guess)
    const waitMs = Math.max(...keys.map(key => (this.#count(key, now)?.blockedUntil ?? 0) - now))
    if (waitMs > 0) return { waitMs, succeeded: () => {}, withdraw: () => {} }
    for (const key of keys) this.#fail(key, now)
    const withdraw = () => this.#forgive(keys)
    const succeeded = () => {
      withdraw()
      this.#known.set(pairOf(guess), true)
    }
    return { waitMs: 0, succeeded, withdraw }
  }

  #forgive(keys: readonly string[]): void {
    for (const key of keys) {
      const count = this.#counts.get(key)
      if (count === undefined) continue
      count.failures -= 1
      count.blockedUntil = 0
      if (count.failures <= 0) this.#counts.delete(key)
    }
  }

  #keys(guess: Guess): string[] {
    const pair = pairOf(guess)
    if (this.#known.get(pair)) return [pair]
    const address = `address ${networkOf(guess.address)}`
    return guess.user === undefined ? [address] : [address, `user ${guess.user}`]
  }

  #fail(key: string, now: number): void {
    const failures = (this.#count(key, now)?.failures ?? 0) + 1
    const excess = failures - FREE_FAILURES
    const waitMs = excess < 0 ? 0 : Math.min(FIRST_WAIT_MS * 2 ** excess, LONGEST_WAIT_MS)
    this.#counts.set(key, { failures, blockedUntil: now + waitMs, failedAt: now })
  }

  #count(key: string, now: number): Count | undefined {
    const count = this.#counts.get(key)
    return count && now - count.failedAt < MEMORY_MS ? count : undefined
  }
}

function pairOf({ user, address }: Guess): string {
  return `pair ${user} ${networkOf(address)}`
}
