import { parseCoordinatorHealth, topics } from '@cocoi/protocol'
import { connectMqtt, type Transport, whenConnected } from '@cocoi/transport'

/** The most that the coordinator has reported of itself. */
export class HealthRecord {
  readonly #transport: Transport
  readonly most = { running: 0, waiting: 0, eventLoopLagMs: 0 }

  static async connect(url: string): Promise<HealthRecord> {
    const transport = connectMqtt({ url, clientId: 'overload-health', keepaliveS: 60 })
    await whenConnected(transport, 10_000)
    const record = new HealthRecord(transport)
    await transport.subscribe(topics().coordinatorHealth(), (_, payload) => record.#note(payload))
    return record
  }

  private constructor(transport: Transport) {
    this.#transport = transport
  }

  close(): Promise<void> {
    return this.#transport.close()
  }

  #note(payload: Uint8Array): void {
    const { inferences, eventLoopLagMs } = parseCoordinatorHealth(payload)
    const { most } = this
    most.running = Math.max(most.running, inferences.running)
    most.waiting = Math.max(most.waiting, inferences.waiting)
    most.eventLoopLagMs = Math.max(most.eventLoopLagMs, eventLoopLagMs)
  }
}
