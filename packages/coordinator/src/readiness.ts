import type { Fleet } from './fleet.ts'

export interface ReadinessOptions {
  readonly fleet: Pick<Fleet, 'available' | 'session'>
  readonly now: () => number
  /** Called when a device that has refused, or has said nothing, is to be asked again. */
  readonly onRetry: (device: string) => void
}

/** A device that is not ready. */
interface Unready {
  /** Why it refuses; undefined as long as it has said nothing. */
  readonly reason: string | undefined
  readonly times: number
  readonly retry: NodeJS.Timeout
}

/**
 * A refusal may come of a full disk or a lost connection, and an answer may be lost when the broker
 * is restarted: the device is asked again, ever later.
 */
const retryMs = { first: 5000, last: 60_000 }

/** The least time that devices get when others were very quick. */
const leastPatienceMs = 250

/** Which devices are prepared for a plan, and how long the others are waited for. */
export class Readiness {
  readonly #options: ReadinessOptions
  readonly #startedAt: number
  /** Session in which a device became ready; a restarted device has another. */
  readonly #ready = new Map<string, number>()
  readonly #unready = new Map<string, Unready>()
  readonly #waiting = new Set<() => void>()
  readonly #listeners = new Set<(device: string) => void>()
  #hasSettled = false
  #impatience: NodeJS.Timeout | undefined

  constructor(options: ReadinessOptions) {
    this.#options = options
    this.#startedAt = options.now()
  }

  isReady(device: string): boolean {
    const session = this.#options.fleet.session(device)
    return session !== undefined && this.#ready.get(device) === session
  }

  /** Whether at least half of so many devices are ready, not counting those that refuse. */
  isMostlyReady(devices: number): boolean {
    const ready = this.#options.fleet.available().filter(device => this.isReady(device)).length
    return ready > 0 && ready >= (devices - this.refusals.length) / 2
  }

  /** Why devices do not take part, for the result's notes. */
  get refusals(): string[] {
    const refused = [...this.#unready].filter(([, { reason }]) => reason !== undefined)
    return refused.map(([device, { reason }]) => `${device} does not take part: ${reason}`)
  }

  /** Told of every device that becomes ready. */
  onReady(listener: (device: string) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  ready(device: string, session: number): void {
    this.#forgive(device)
    this.#ready.set(device, session)
    this.#limitPatience()
    this.check()
    if (this.isReady(device)) for (const listener of [...this.#listeners]) listener(device)
  }

  refused(device: string, reason: string): void {
    this.#askLater(device, reason)
    this.check()
  }

  /** The device is asked, perhaps once more: what it said before counts only as far as it refused. */
  asked(device: string): void {
    this.#ready.delete(device)
    this.#askLater(device, this.#unready.get(device)?.reason)
  }

  /**
   * Resolves when every device that is here has answered, or on abort, or after `patienceMs`. Once half
   * of them are ready the others get as long again. After that has happened once, whoever comes later
   * is not waited for while another one is ready.
   */
  async settled(signal: AbortSignal, patienceMs: number): Promise<void> {
    if (signal.aborted || this.#isSettled()) return
    await new Promise<void>(resolve => {
      const finish = () => {
        clearTimeout(timer)
        signal.removeEventListener('abort', finish)
        this.#waiting.delete(check)
        resolve()
      }
      const check = () => this.#isSettled() && finish()
      const timer = setTimeout(finish, patienceMs)
      signal.addEventListener('abort', finish)
      this.#waiting.add(check)
    })
  }

  /** The fleet has changed: perhaps nobody is left to wait for. */
  check(): void {
    for (const check of [...this.#waiting]) check()
  }

  close(): void {
    clearTimeout(this.#impatience)
    for (const device of [...this.#unready.keys()]) this.#forgive(device)
  }

  #askLater(device: string, reason: string | undefined): void {
    const times = (this.#forgive(device)?.times ?? 0) + 1
    const delayMs = Math.min(retryMs.last, retryMs.first * 2 ** (times - 1))
    const retry = setTimeout(() => this.#options.onRetry(device), delayMs)
    this.#unready.set(device, { reason, times, retry })
  }

  #forgive(device: string): Unready | undefined {
    const unready = this.#unready.get(device)
    clearTimeout(unready?.retry)
    this.#unready.delete(device)
    return unready
  }

  #limitPatience(): void {
    const devices = this.#options.fleet.available()
    const ready = devices.filter(device => this.isReady(device)).length
    if (this.#impatience !== undefined || ready < devices.length / 2) return
    const tookMs = this.#options.now() - this.#startedAt
    this.#impatience = setTimeout(
      () => {
        this.#hasSettled = true
        this.check()
      },
      Math.max(leastPatienceMs, tookMs),
    )
  }

  #isSettled(): boolean {
    const devices = this.#options.fleet.available()
    if (this.#hasSettled && devices.some(device => this.isReady(device))) return true
    const all = devices.every(device => this.#hasAnswered(device))
    this.#hasSettled ||= all
    return all
  }

  #hasAnswered(device: string): boolean {
    return this.isReady(device) || this.#unready.get(device)?.reason !== undefined
  }
}
