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
import type { Transport } from '@cocoi/transport'

/** News of a device or the coordinator: its state or its heartbeat. */
export type DeviceNews =
  | { readonly device: string; readonly status: Status }
  | { readonly device: string; readonly health: DeviceHealth }
export type CoordinatorNews = { readonly status: Status } | { readonly health: CoordinatorHealth }

/** Reads the topics on which the system shows itself; what does not follow the protocol is skipped. */
export class Watch {
  readonly #transport: Transport
  readonly #topics: Topics

  constructor(transport: Transport, topics: Topics) {
    this.#transport = transport
    this.#topics = topics
  }

  /** Status and health of every device, the retained ones first. */
  async devices(listener: (news: DeviceNews) => void): Promise<void> {
    await this.#follow('deviceStatus', ({ device }, payload) =>
      listener({ device: device!, status: parseStatus(payload) }),
    )
    await this.#follow('deviceHealth', ({ device }, payload) =>
      listener({ device: device!, health: parseDeviceHealth(payload) }),
    )
  }

  async coordinator(listener: (news: CoordinatorNews) => void): Promise<void> {
    await this.#follow('coordinatorStatus', (_, payload) =>
      listener({ status: parseStatus(payload) }),
    )
    await this.#follow('coordinatorHealth', (_, payload) =>
      listener({ health: parseCoordinatorHealth(payload) }),
    )
  }

  models(listener: (state: ModelState) => void): Promise<void> {
    return this.#follow('modelState', (_, payload) => listener(parseModelState(payload)))
  }

  events(listener: (event: SystemEvent) => void): Promise<void> {
    return this.#follow('events', (_, payload) => listener(parseEvent(payload)))
  }

  async #follow(
    kind: TopicKind,
    take: (ids: Readonly<Record<string, string | undefined>>, payload: Uint8Array) => void,
  ): Promise<void> {
    for (const filter of this.#topics.filters(kind)) {
      const onMessage = (topic: string, payload: Uint8Array) => {
        const ids = this.#topics.parse(topic)
        if (ids?.kind === kind && payload.byteLength > 0) take({ ...ids }, payload)
      }
      await this.#transport.subscribe(filter, onMessage, { qos: 1 })
    }
  }
}
