import { createHash } from 'node:crypto'
import { parseInferenceResult, topics } from '@cocoi/protocol'
import { connectMqtt, type Transport, whenConnected } from '@cocoi/transport'

/**
 * Reads every result that goes over the broker. An answer may be sent again, to a client that asks
 * again; but within one life of the coordinator a request must not be computed twice. Answers hold
 * their own times, so that two computations never have the same bytes.
 */
export class Witness {
  readonly #transport: Transport
  readonly #life: () => number
  /** By life and topic: digests of the answers seen. */
  readonly #answers = new Map<string, Set<string>>()

  static async connect(url: string, life: () => number): Promise<Witness> {
    const transport = connectMqtt({ url, clientId: 'chaos-witness', keepaliveS: 60 })
    await whenConnected(transport, 10_000)
    const witness = new Witness(transport, life)
    for (const filter of topics().filters('result')) {
      const onResult = (topic: string, payload: Uint8Array) => witness.#onResult(topic, payload)
      await transport.subscribe(filter, onResult, { qos: 1 })
    }
    return witness
  }

  private constructor(transport: Transport, life: () => number) {
    this.#transport = transport
    this.#life = life
  }

  /** Requests that were computed more than once in one life of the coordinator. */
  get duplicates(): string[] {
    return [...this.#answers].filter(([, seen]) => seen.size > 1).map(([key]) => key)
  }

  close(): Promise<void> {
    return this.#transport.close()
  }

  #onResult(topic: string, payload: Uint8Array): void {
    if ('error' in parseInferenceResult(payload)) return
    const key = `${this.#life()} ${topic}`
    const seen = this.#answers.get(key) ?? new Set()
    this.#answers.set(key, seen.add(createHash('sha256').update(payload).digest('hex')))
  }
}
