import {
  type DropCount,
  Drops,
  type InferenceAnswer,
  type InferenceInput,
  type Topics,
} from '@cocoi/protocol'
import type { Transport } from '@cocoi/transport'
import { Feed } from './feed.ts'
import type { InferOptions } from './infer-options.ts'
import { Requests } from './requests.ts'
import { Watch } from './watch.ts'

/** A client of the system: asks for inferences and reads what the system shows of itself. */
export class CocoiClient {
  /** Status, health, models and events. */
  readonly watch: Watch
  readonly #transport: Transport
  readonly #requests: Requests
  readonly #drops = new Drops()

  constructor(id: string, transport: Transport, topics: Topics) {
    this.#transport = transport
    const feed = new Feed(transport, topics, this.#drops)
    this.watch = new Watch(feed, topics)
    this.#requests = new Requests({
      ...{ client: id, transport, topics, feed },
      coordinator: () => this.watch.coordinatorStatus,
      dropped: () => this.#drops.total,
    })
  }

  /** Subscribes to its results and to the status of the coordinator; part of `connectClient`. */
  async start(): Promise<void> {
    await this.#requests.start()
    // A coordinator that is back has not seen what was published before.
    await this.watch.coordinatorReturns(() => this.#requests.sendAnew())
  }

  /**
   * Runs a model on an image or on tensors, and resolves with the answer. The request is published
   * again after an outage of broker or coordinator, and once after a long silence; it is computed once.
   *
   * @throws {InferenceError} with the coordinator's code, or ERR_NO_ANSWER if nothing came in time,
   *   ERR_REQUEST_IN_USE, ERR_CLOSED; after an abort the signal's reason
   * @throws {ProtocolError} if model, identifier, parameters or tensors are such that it cannot be sent
   * @throws {TransportError} ERR_TOO_LARGE, ERR_QUEUE_FULL, ERR_SUBSCRIBE_REFUSED if the broker lets this
   *   client watch, but not ask
   */
  infer(
    model: string,
    input: InferenceInput,
    options: InferOptions = {},
  ): Promise<InferenceAnswer> {
    return this.#requests.infer(model, input, options)
  }

  /** Messages that did not follow the protocol and were skipped, by kind and reason. */
  get drops(): DropCount[] {
    return this.#drops.snapshot()
  }

  /** Cancels what is pending and ends the connection. */
  async close(): Promise<void> {
    await this.#requests.close()
    await this.#transport.close()
  }
}
