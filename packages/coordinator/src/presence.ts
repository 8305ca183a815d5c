import {
  BEATS_PER_STATUS,
  type CoordinatorHealth,
  encodeCoordinatorHealth,
  encodeStatus,
  type Status,
  type Topics,
} from '@cocoi/protocol'
import type { Transport, Will } from '@cocoi/transport'

/** What the coordinator counts, without the fields that make a heartbeat of it. */
export type Condition = Omit<CoordinatorHealth, 'session' | 'seq' | 'at'>

export interface PresenceOptions {
  readonly version: string
  readonly topics: Topics
  readonly control: Transport
  readonly heartbeatMs: number
  readonly condition: () => Condition
  readonly onError: (what: string, error: unknown) => void
}

/** The last words of the coordinator, left with the broker at every connect. */
export function coordinatorWill(topics: Topics, session: number): Will {
  const status = { state: 'offline', session, since: new Date().toISOString() } as const
  const payload = encodeStatus({ ...status, reason: 'the connection was lost' })
  return { topic: topics.coordinatorStatus(), payload, qos: 1, retain: true }
}

/** What is said of the state, and since when this connection has said so. */
type State = Pick<Status, 'state' | 'since'>

/** Tells the others that the coordinator lives and how it does. */
export class Presence {
  readonly #options: PresenceOptions
  #session = 0
  #seq = 0
  #state: State = stateNow('starting')
  #timer: NodeJS.Timeout | undefined

  constructor(options: PresenceOptions) {
    this.#options = options
  }

  /** All connections are up; `session` is the one of before if the control connection was not lost. */
  async born(session: number): Promise<void> {
    if (session !== this.#session) this.#seq = 0
    this.#session = session
    await this.#enter('online')
    clearInterval(this.#timer)
    this.#timer = setInterval(() => this.#beat(), this.#options.heartbeatMs)
    this.#beat()
  }

  /** A connection is lost: requests or results do not arrive until the next birth. */
  async pause(): Promise<void> {
    await this.#enter('starting')
  }

  async leave(): Promise<void> {
    clearInterval(this.#timer)
    if (this.#options.control.connected) await this.#enter('stopped')
  }

  #enter(state: Status['state']): Promise<void> {
    this.#state = stateNow(state)
    return this.#announce()
  }

  async #announce(): Promise<void> {
    const { topics, control, version } = this.#options
    const payload = encodeStatus({ ...this.#state, session: this.#session, version })
    const options = { qos: 1, retain: true, timeoutMs: 10_000 } as const
    await control.publish(topics.coordinatorStatus(), payload, options)
  }

  #beat(): void {
    const { topics, control, heartbeatMs, condition, onError } = this.#options
    if (!control.connected) return
    if ((this.#seq + 1) % BEATS_PER_STATUS === 0) {
      this.#announce().catch(error => onError('saying the state again', error))
    }
    const at = new Date().toISOString()
    const head = { session: this.#session, seq: this.#seq++, at }
    const payload = encodeCoordinatorHealth({ ...head, ...condition() })
    control
      .publish(topics.coordinatorHealth(), payload, {
        qos: 0,
        retain: true,
        timeoutMs: heartbeatMs,
      })
      .catch(error => onError('sending a heartbeat', error))
  }
}

function stateNow(state: Status['state']): State {
  return { state, since: new Date().toISOString() }
}
