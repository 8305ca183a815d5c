import {
  BEATS_PER_STATUS,
  type DeviceHealth,
  encodeDeviceHealth,
  encodeStatus,
  type Status,
  type Topics,
} from '@cocoi/protocol'
import type { Transport, Will } from '@cocoi/transport'
import type { Vitals } from './vitals.ts'

/** What only the running agent knows of its health. */
export type Workload = Pick<
  DeviceHealth,
  'queue' | 'subtasks' | 'eventLoopLagMs' | 'dropped' | 'profile'
>

/** What is said of the state, and since when this connection has said so. */
type State = Pick<Status, 'state' | 'since' | 'reason'>

export interface PresenceOptions {
  readonly device: string
  readonly version: string
  readonly instance: string
  readonly topics: Topics
  readonly control: Transport
  readonly heartbeatMs: number
  readonly workload: () => Workload
  readonly vitals: () => Promise<Vitals>
  readonly onError: (what: string, error: unknown) => void
}

/** The last words of a device, left with the broker at every connect (MQTT 3.1.1 §3.1.2.5). */
export function statusWill(topics: Topics, device: string, session: number): Will {
  const status = { state: 'offline', session, since: new Date().toISOString() } as const
  const payload = encodeStatus({ ...status, reason: 'the connection was lost' })
  return { topic: topics.deviceStatus({ device }), payload, qos: 1, retain: true }
}

/** Tells the others that this device lives: retained birth at every connect, then heartbeats. */
export class Presence {
  readonly #options: PresenceOptions
  readonly #startedAt = performance.now()
  #session = 0
  #seq = 0
  #state: State = stateNow('online')
  #timer: NodeJS.Timeout | undefined

  constructor(options: PresenceOptions) {
    this.#options = options
  }

  /** Session of the present connection. */
  get session(): number {
    return this.#session
  }

  /** Both connections are up; `session` is the one of before if only the data connection was lost. */
  async born(session: number): Promise<void> {
    if (session !== this.#session) this.#seq = 0
    this.#session = session
    const { state, reason } = this.#state
    this.#state = state === 'starting' ? stateNow('online') : stateNow(state, reason)
    await this.#announce()
    clearInterval(this.#timer)
    this.#timer = setInterval(() => void this.#beat(), this.#options.heartbeatMs)
    await this.#beat()
  }

  /** The data connection is lost: no subtask arrives here until the next birth. */
  async pause(reason: string): Promise<void> {
    if (this.#state.state === 'online') await this.leave('starting', reason)
  }

  /** A state other than online, with its reason. */
  async leave(state: 'starting' | 'draining' | 'stopped', reason: string): Promise<void> {
    this.#state = stateNow(state, reason)
    if (state === 'stopped') clearInterval(this.#timer)
    if (this.#options.control.connected) await this.#announce()
  }

  async #announce(): Promise<void> {
    const { device, version, instance, topics, control } = this.#options
    const payload = encodeStatus({ ...this.#state, session: this.#session, version, instance })
    const options = { qos: 1, retain: true, timeoutMs: 10_000 } as const
    await control.publish(topics.deviceStatus({ device }), payload, options)
  }

  async #beat(): Promise<void> {
    const { device, topics, control, heartbeatMs, workload, vitals, onError } = this.#options
    if (!control.connected) return
    if ((this.#seq + 1) % BEATS_PER_STATUS === 0) {
      this.#announce().catch(error => onError('saying the state again', error))
    }
    try {
      const uptimeS = (performance.now() - this.#startedAt) / 1000
      const at = new Date().toISOString()
      const head = { session: this.#session, seq: this.#seq++, at, uptimeS }
      const payload = encodeDeviceHealth({ ...head, ...(await vitals()), ...workload() })
      const options = { qos: 0, retain: true, timeoutMs: heartbeatMs } as const
      await control.publish(topics.deviceHealth({ device }), payload, options)
    } catch (error) {
      onError('sending a heartbeat', error)
    }
  }
}

function stateNow(state: Status['state'], reason?: string): State {
  const since = new Date().toISOString()
  return reason === undefined ? { state, since } : { state, since, reason }
}
