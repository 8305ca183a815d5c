import type { BrokerEvent } from './options.ts'

/** Counts what happens and reports it. */
export class Ledger {
  dropped = 0
  refused = 0
  errors = 0
  receivedBytes = 0
  sentBytes = 0
  readonly #onEvent: (event: BrokerEvent) => void

  constructor(onEvent: (event: BrokerEvent) => void = () => {}) {
    this.#onEvent = onEvent
  }

  record(event: BrokerEvent): void {
    if (event.type === 'dropped') this.dropped += 1
    if (event.type === 'refused') this.refused += 1
    if (event.type === 'error') this.errors += 1
    this.#onEvent(event)
  }
}
