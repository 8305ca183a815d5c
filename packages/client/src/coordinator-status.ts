import { parseStatus, type Status, type Topics } from '@cocoi/protocol'
import type { Transport } from '@cocoi/transport'

/** What the coordinator announces of itself, as far as requests need to know. */
export class CoordinatorStatus {
  readonly #onReturn: () => void
  #latest: Status | undefined
  #online: number | undefined

  /** @param onReturn called when a coordinator is online that was not, or not in this session */
  constructor(onReturn: () => void) {
    this.#onReturn = onReturn
  }

  /** The latest status; undefined if there was none. */
  get latest(): Status | undefined {
    return this.#latest
  }

  async start(transport: Transport, topics: Topics): Promise<void> {
    for (const filter of topics.filters('coordinatorStatus')) {
      await transport.subscribe(filter, (_, payload) => this.#note(parseStatus(payload)), {
        qos: 1,
      })
    }
  }

  #note(status: Status): void {
    this.#latest = status
    const before = this.#online
    this.#online = status.state === 'online' ? status.session : undefined
    if (this.#online !== undefined && this.#online !== before) this.#onReturn()
  }
}
