import { Drops, isWorthLogging } from '@cocoi/protocol'
import type { OnNotice } from './notice.ts'

/** Words the notices of one connection; repeated drops cost a handful of notices only. */
export class Notifier {
  readonly #notify: OnNotice
  readonly #drops = new Drops()

  constructor(notify: OnNotice) {
    this.#notify = notify
  }

  connected(session: number): void {
    this.#notify({ type: 'connected', message: `connected as session ${session}` })
  }

  down(type: 'unreachable' | 'disconnected', { code, message }: { code: string; message: string }) {
    this.#notify({ type, code, message: `${message}; trying again` })
  }

  dropped(code: string, message: string): void {
    const count = this.#drops.count('unknown', code)
    if (!isWorthLogging(count)) return
    this.#notify({ type: 'dropped', code, message: `${message} (${count} so far)` })
  }

  notRenewed(filter: string): void {
    this.dropped('ERR_SUBSCRIBE_REFUSED', `${filter} is no longer granted, asking at reconnect`)
  }

  listenerFailed(what: string, error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error)
    this.#notify({ type: 'handler-failed', message: `${what}: ${reason}` })
  }
}
