import type { Logger } from '@cocoi/service'
import type { BrokerEvent } from './options.ts'

const WINDOW_MS = 60_000
/** Lines a minute of one kind: enough to see what is wrong, and no way to fill a disk from outside. */
const MAX_LINES = 60

interface Window {
  startedAt: number
  lines: number
}

/** Writes what happens to clients into the log, each kind of event at a limited rate. */
export class EventLog {
  readonly #logger: Logger
  readonly #now: () => number
  readonly #windows = new Map<BrokerEvent['type'], Window>()

  constructor(logger: Logger, now: () => number = () => performance.now()) {
    this.#logger = logger
    this.#now = now
  }

  write({ type, client, topic, reason }: BrokerEvent): void {
    const fields = { client, topic, reason }
    if (type === 'client-connected' || type === 'client-gone') this.#logger.debug(type, fields)
    else if (this.#mayWrite(type)) this.#logger.warn(type, fields)
  }

  #mayWrite(type: BrokerEvent['type']): boolean {
    const window = this.#window(type)
    window.lines += 1
    if (window.lines === MAX_LINES + 1) {
      this.#logger.warn(`more of ${type} is not logged for a minute`)
    }
    return window.lines <= MAX_LINES
  }

  #window(type: BrokerEvent['type']): Window {
    const now = this.#now()
    const current = this.#windows.get(type)
    if (current && now - current.startedAt < WINDOW_MS) return current
    if (current && current.lines > MAX_LINES) {
      this.#logger.warn(`${current.lines - MAX_LINES} of ${type} were not logged`)
    }
    const next = { startedAt: now, lines: 0 }
    this.#windows.set(type, next)
    return next
  }
}
