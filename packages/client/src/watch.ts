import {
  type CoordinatorHealth,
  type DeviceHealth,
  type ModelState,
  parseCoordinatorHealth,
  parseDeviceHealth,
  parseEvent,
  parseModelState,
  parseStatus,
  type Status,
  type SystemEvent,
  type TopicKind,
  type Topics,
} from '@cocoi/protocol'
import { Channel, type ChannelOptions } from './channel.ts'
import type { Feed } from './feed.ts'
import { isLateHealth, isLateStatus } from './late-status.ts'

/** News of a device or the coordinator: its state or its heartbeat. */
export type DeviceNews =
  | { readonly device: string; readonly status: Status }
  | { readonly device: string; readonly health: DeviceHealth }
export type CoordinatorNews = { readonly status: Status } | { readonly health: CoordinatorHealth }

/**
 * Reads the topics on which the system shows itself. What does not follow the protocol is skipped, and
 * what a session says that has been replaced. Every call resolves, once the broker has granted the
 * subscription, with a function that ends the calls to its listener.
 */
export class Watch {
  readonly #topics: Topics
  readonly #deviceStatus: Channel<'deviceStatus', Status>
  readonly #deviceHealth: Channel<'deviceHealth', DeviceHealth>
  readonly #coordinatorStatus: Channel<'coordinatorStatus', Status>
  readonly #coordinatorHealth: Channel<'coordinatorHealth', CoordinatorHealth>
  readonly #models: Channel<'modelState', ModelState>
  readonly #events: Channel<'events', SystemEvent>

  constructor(feed: Feed, topics: Topics) {
    this.#topics = topics
    const channel = <K extends TopicKind, M>(
      kind: K,
      parse: (payload: Uint8Array) => M,
      isLate: ChannelOptions<K, M>['isLate'] = () => false,
    ) => new Channel<K, M>(feed, { kind, filters: topics.filters(kind), parse, isLate })
    this.#deviceStatus = channel('deviceStatus', parseStatus, isLateStatus)
    this.#deviceHealth = channel('deviceHealth', parseDeviceHealth, (health, _, { device }) =>
      isLateHealth(health, this.#deviceStatus.latest(topics.deviceStatus({ device }))),
    )
    this.#coordinatorStatus = channel('coordinatorStatus', parseStatus, isLateStatus)
    this.#coordinatorHealth = channel('coordinatorHealth', parseCoordinatorHealth, health =>
      isLateHealth(health, this.coordinatorStatus),
    )
    this.#models = channel('modelState', parseModelState)
    this.#events = channel('events', parseEvent)
  }

  /** Status and health of every device, the retained ones first. */
  async devices(listener: (news: DeviceNews) => void): Promise<() => void> {
    const ends = [
      await this.#deviceStatus.listen((status, { device }) => listener({ device, status })),
      await this.#deviceHealth.listen((health, { device }) => listener({ device, health })),
    ]
    return () => endAll(ends)
  }

  /** Status and health of the coordinator, the retained ones first. */
  async coordinator(listener: (news: CoordinatorNews) => void): Promise<() => void> {
    const ends = [
      await this.#coordinatorStatus.listen(status => listener({ status })),
      await this.#coordinatorHealth.listen(health => listener({ health })),
    ]
    return () => endAll(ends)
  }

  /** Whether models can be asked, the retained states first. */
  models(listener: (state: ModelState) => void): Promise<() => void> {
    return this.#models.listen(listener)
  }

  /** What happens from now on. */
  events(listener: (event: SystemEvent) => void): Promise<() => void> {
    return this.#events.listen(listener)
  }

  /** The latest status of the coordinator; undefined if there is none. */
  get coordinatorStatus(): Status | undefined {
    return this.#coordinatorStatus.latest(this.#topics.coordinatorStatus())
  }

  /**
   * Calls the listener whenever a coordinator is online that was not, or not in this session; follows
   * its status from then on.
   */
  async coordinatorReturns(listener: () => void): Promise<void> {
    let online: number | undefined
    await this.#coordinatorStatus.listen(({ state, session }) => {
      const before = online
      online = state === 'online' ? session : undefined
      if (online !== undefined && online !== before) listener()
    })
  }
}

function endAll(ends: readonly (() => void)[]): void {
  for (const end of ends) end()
}
