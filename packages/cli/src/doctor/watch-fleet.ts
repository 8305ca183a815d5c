import {
  type CoordinatorHealth,
  type DeviceHealth,
  parseCoordinatorHealth,
  parseDeviceHealth,
  parseStatus,
  type Status,
  type TopicKind,
  type Topics,
} from '@cocoi/protocol'
import { orAborted } from '@cocoi/service'
import type { Transport } from '@cocoi/transport'

/** What was seen of one agent. */
export interface Agent<Health> {
  readonly status?: Status
  /** The latest heartbeat; it may be a retained one. */
  readonly health?: Health
  /** Whether a heartbeat has come while we watched; the first one seen may be old. */
  readonly isLive: boolean
  /** Its clock minus the one here, if it is live and tells its time. */
  readonly clockAheadMs?: number
}

/** Everybody who has said something. */
export interface FleetView {
  readonly coordinator: Agent<CoordinatorHealth>
  readonly devices: ReadonlyMap<string, Agent<DeviceHealth>>
  /** Topics with messages that could not be read. */
  readonly unreadable: readonly string[]
  readonly watchedMs: number
}

const KINDS = ['deviceStatus', 'deviceHealth', 'coordinatorStatus', 'coordinatorHealth'] as const
/** Retained messages arrive at once, one after the other. */
const LEAST_MS = 1000

/**
 * Watches for as long as a heartbeat of everybody online may take, and no longer than it does.
 *
 * @throws {TransportError} ERR_SUBSCRIBE_REFUSED
 */
export async function watchFleet(
  transport: Transport,
  topics: Topics,
  mostMs: number,
): Promise<FleetView> {
  const watch = new FleetWatch(topics)
  const filters = KINDS.flatMap(kind => (topics.filters as (kind: TopicKind) => string[])(kind))
  const startedAt = performance.now()
  const handler = (topic: string, payload: Uint8Array) => watch.take(topic, payload)
  const subscribed = Promise.all(filters.map(filter => transport.subscribe(filter, handler)))
  await orAborted(subscribed, AbortSignal.timeout(mostMs))
  await elapsed(LEAST_MS)
  await orAborted(watch.untilNobodyIsSilent(), AbortSignal.timeout(mostMs)).catch(() => {})
  for (const filter of filters) await transport.unsubscribe(filter)
  return { ...watch.view(), watchedMs: performance.now() - startedAt }
}

function elapsed(ms: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, ms))
}

type AnyHealth = CoordinatorHealth | DeviceHealth

class FleetWatch {
  readonly #topics: Topics
  readonly #devices = new Map<string, Agent<DeviceHealth>>()
  readonly #unreadable = new Set<string>()
  #coordinator: Agent<CoordinatorHealth> = { isLive: false }
  #onNews = () => {}

  constructor(topics: Topics) {
    this.#topics = topics
  }

  view(): Omit<FleetView, 'watchedMs'> {
    const unreadable = [...this.#unreadable]
    return { coordinator: this.#coordinator, devices: this.#devices, unreadable }
  }

  take(topic: string, payload: Uint8Array): void {
    try {
      this.#note(topic, payload)
    } catch {
      this.#unreadable.add(topic)
    }
    this.#onNews()
  }

  /** Resolves as soon as everybody who says to be online has sent a heartbeat. */
  untilNobodyIsSilent(): Promise<void> {
    return new Promise(resolve => {
      this.#onNews = () => {
        const everybody = [this.#coordinator, ...this.#devices.values()]
        const isSilent = everybody.some(one => one.status?.state === 'online' && !one.isLive)
        if (!isSilent) resolve()
      }
      this.#onNews()
    })
  }

  #note(topic: string, payload: Uint8Array): void {
    const parsed = this.#topics.parse(topic)
    switch (parsed?.kind) {
      case 'coordinatorStatus':
        this.#coordinator = { ...this.#coordinator, status: parseStatus(payload) }
        return
      case 'coordinatorHealth':
        this.#coordinator = withHealth(this.#coordinator, parseCoordinatorHealth(payload))
        return
      case 'deviceStatus':
        this.#setDevice(parsed.device, {
          ...this.#device(parsed.device),
          status: parseStatus(payload),
        })
        return
      case 'deviceHealth': {
        const known = this.#device(parsed.device)
        this.#setDevice(parsed.device, withHealth(known, parseDeviceHealth(payload)))
      }
    }
  }

  #device(id: string): Agent<DeviceHealth> {
    return this.#devices.get(id) ?? { isLive: false }
  }

  #setDevice(id: string, agent: Agent<DeviceHealth>): void {
    this.#devices.set(id, agent)
  }
}

/** A heartbeat is new if another one of this agent was there before. */
function withHealth<H extends AnyHealth>(agent: Agent<H>, health: H): Agent<H> {
  const former = agent.health
  const isNew =
    former !== undefined && (former.session !== health.session || former.seq !== health.seq)
  if (!isNew) return { ...agent, health }
  const at = health.at === undefined ? {} : { clockAheadMs: Date.parse(health.at) - Date.now() }
  return { ...agent, ...at, health, isLive: true }
}
