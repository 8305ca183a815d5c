import {
  type DeviceHealth,
  parseDeviceHealth,
  parseStatus,
  type Status,
  type TopicKind,
  type Topics,
} from '@cocoi/protocol'
import { Membership, Namesakes, type Retirement } from '@cocoi/scheduler'
import type { Transport } from '@cocoi/transport'
import { CoordinatorError } from './errors.ts'
import { Quarantine } from './quarantine.ts'

/** A change in the fleet that a stage or a deployment has to know. */
export type FleetChange =
  | { readonly type: 'joined'; readonly device: string; readonly session: number }
  | { readonly type: 'suspected' | 'recovered'; readonly device: string }
  | { readonly type: 'lost'; readonly device: string; readonly reason: string }

export interface FleetOptions {
  readonly transport: Transport
  readonly topics: Topics
  readonly heartbeatMs: number
  readonly now: () => number
  /** Called for a payload that does not follow the specification. */
  readonly onDrop: (kind: TopicKind, error: unknown) => void
  /** Called for a process that has to go, since another has its name. */
  readonly onNamesake: (device: string, retirement: Retirement) => void
}

/** The devices as their status and heartbeats show them: drives `Membership` with real messages. */
export class Fleet {
  readonly #options: FleetOptions
  readonly #membership: Membership
  readonly #devices = new Map<string, { session: number; suspect: boolean }>()
  readonly #quarantine = new Quarantine()
  readonly #namesakes = new Namesakes()
  readonly #health = new Map<string, DeviceHealth>()
  readonly #listeners = new Set<(change: FleetChange) => void>()
  #ticker: NodeJS.Timeout | undefined

  constructor(options: FleetOptions) {
    this.#options = options
    this.#membership = new Membership({ heartbeatMs: options.heartbeatMs })
  }

  async start(): Promise<void> {
    const { transport, topics } = this.#options
    for (const filter of topics.filters('deviceStatus')) {
      await transport.subscribe(filter, (topic, payload) => this.#onStatus(topic, payload), {
        qos: 1,
      })
    }
    for (const filter of topics.filters('deviceHealth')) {
      await transport.subscribe(filter, (topic, payload) => this.#onHealth(topic, payload))
    }
    transport.onDisconnect(() => this.#step({ type: 'deaf' }))
    const { heartbeatMs } = this.#options
    this.#ticker = setInterval(() => this.#step({ type: 'tick' }), heartbeatMs / 4)
  }

  stop(): void {
    clearInterval(this.#ticker)
  }

  onChange(listener: (change: FleetChange) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Devices that are alive and not suspect, by name. */
  available(): string[] {
    const entries = [...this.#trusted()].sort(([a], [b]) => (a < b ? -1 : 1))
    return entries.filter(([, { suspect }]) => !suspect).map(([device]) => device)
  }

  session(device: string): number | undefined {
    return this.#quarantine.has(device) ? undefined : this.#devices.get(device)?.session
  }

  counts(): { online: number; suspect: number } {
    const devices = this.#trusted()
    const suspect = devices.filter(([, device]) => device.suspect).length
    return { online: devices.length - suspect, suspect }
  }

  /**
   * Takes a device for lost until it has been started anew.
   *
   * @returns false if that was said before
   */
  quarantine(device: string, reason: string): boolean {
    const wasHere = this.session(device) !== undefined
    if (!this.#quarantine.add(device, reason, this.#options.now())) return false
    if (wasHere) this.#tell({ type: 'lost', device, reason })
    return true
  }

  /** Why devices get no work although they are here. */
  get quarantined(): ReadonlyMap<string, string> {
    return this.#quarantine.reasons
  }

  health(device: string): DeviceHealth | undefined {
    return this.#health.get(device)
  }

  /** The coordinator's own delay: a busy observer must not accuse others (Lifeguard). */
  lag(lagMs: number): void {
    this.#step({ type: 'lag', lagMs })
  }

  #onStatus(topic: string, payload: Uint8Array): void {
    const parsed = this.#options.topics.parse(topic)
    if (parsed?.kind !== 'deviceStatus' || payload.byteLength === 0) return
    try {
      const status = parseStatus(payload)
      const { session, state } = status
      if (this.#isPast(parsed.device, session)) this.#dropPast('deviceStatus', parsed.device)
      else if (this.#isNamesake(parsed.device, status)) return
      this.#step({ type: 'status', device: parsed.device, session, state })
    } catch (error) {
      this.#options.onDrop('deviceStatus', error)
    }
  }

  /** Whether this comes from a process that has to go, which then is none of the fleet. */
  #isNamesake(device: string, { state, instance }: Status): boolean {
    if (instance === undefined || state !== 'online') return false
    for (const retirement of this.#namesakes.hear(device, instance)) {
      this.#options.onNamesake(device, retirement)
    }
    return this.#namesakes.isRetired(device, instance)
  }

  #onHealth(topic: string, payload: Uint8Array): void {
    const parsed = this.#options.topics.parse(topic)
    if (parsed?.kind !== 'deviceHealth' || payload.byteLength === 0) return
    try {
      const health = parseDeviceHealth(payload)
      const { session, seq, uptimeS } = health
      if (this.#isPast(parsed.device, session, seq)) this.#dropPast('deviceHealth', parsed.device)
      else this.#health.set(parsed.device, health)
      if (this.#quarantine.hear(parsed.device, uptimeS, this.#options.now())) {
        this.#release(parsed.device)
      }
      this.#step({ type: 'heartbeat', device: parsed.device, session, seq })
    } catch (error) {
      this.#options.onDrop('deviceHealth', error)
    }
  }

  /** Whether this was said before what is known; the very last words again are a retained copy. */
  #isPast(device: string, session: number, seq?: number): boolean {
    const present = this.session(device)
    if (present === undefined || session > present) return false
    const last = this.#health.get(device)
    if (session < present) return true
    return seq !== undefined && last?.session === session && seq < last.seq
  }

  /** `Membership` still hears of it: a device whose clock was set back counts downwards. */
  #dropPast(kind: TopicKind, device: string): void {
    const message = `${device} said this before what it has said since`
    this.#options.onDrop(kind, new CoordinatorError('ERR_REPLAYED', message))
  }

  #step(event: Parameters<Membership['step']>[0]): void {
    for (const effect of this.#membership.step(event, this.#options.now())) {
      if (effect.type === 'joined') {
        this.#devices.set(effect.device, { session: effect.session, suspect: false })
      } else if (effect.type === 'lost') this.#devices.delete(effect.device)
      else {
        const device = this.#devices.get(effect.device)
        if (device) device.suspect = effect.type === 'suspected'
      }
      if (!this.#quarantine.has(effect.device)) this.#tell(effect)
    }
  }

  #tell(change: FleetChange): void {
    for (const listener of [...this.#listeners]) listener(change)
  }

  /** Out of quarantine: if it is here it joins now. */
  #release(device: string): void {
    const session = this.session(device)
    if (session !== undefined) this.#tell({ type: 'joined', device, session })
  }

  #trusted(): [string, { session: number; suspect: boolean }][] {
    return [...this.#devices].filter(([device]) => !this.#quarantine.has(device))
  }
}
