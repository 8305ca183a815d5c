import { randomBytes } from 'node:crypto'
import {
  encodeInferenceRequest,
  type InferenceAnswer,
  type InferenceInput,
  type InferenceParameters,
  type InferenceResult,
  parseInferenceResult,
  type Topics,
} from '@cocoi/protocol'
import type { Transport } from '@cocoi/transport'
import { CoordinatorStatus } from './coordinator-status.ts'
import { InferenceError } from './errors.ts'
import { Watch } from './watch.ts'

/** How one request is made. */
export interface InferOptions extends InferenceParameters {
  /** Identifier of the request; sent again under the same one it is computed once. */
  readonly request?: string
  /** Gives the request up: the coordinator is told, and the promise rejects with the reason. */
  readonly signal?: AbortSignal
}

/** Deadline of a request that names none, and what is added for the way there and back. */
const patience = { deadlineMs: 60_000, graceMs: 5000 }

/** A request that got no answer after this long is published once more, under its identifier. */
const repeatAfterMs = 10_000

interface Pending {
  readonly resolve: (answer: InferenceAnswer) => void
  readonly reject: (error: unknown) => void
  readonly send: () => void
}

/** A client of the system: asks for inferences and reads what the system shows of itself. */
export class CocoiClient {
  /** Status, health, models and events. */
  readonly watch: Watch
  readonly #id: string
  readonly #transport: Transport
  readonly #topics: Topics
  readonly #pending = new Map<string, Pending>()
  // A coordinator that is back has not seen what was published before.
  readonly #coordinator = new CoordinatorStatus(() => this.#sendAgain())

  constructor(id: string, transport: Transport, topics: Topics) {
    this.#id = id
    this.#transport = transport
    this.#topics = topics
    this.watch = new Watch(transport, topics)
  }

  /** Subscribes to its results and to the status of the coordinator; part of `connectClient`. */
  async start(): Promise<void> {
    const [, filter] = this.#topics.filters('result', { client: this.#id })
    await this.#transport.subscribe(filter!, (topic, payload) => this.#onResult(topic, payload), {
      qos: 1,
    })
    await this.#coordinator.start(this.#transport, this.#topics)
    this.#transport.onConnect(() => this.#sendAgain())
  }

  /**
   * Runs a model on an image or on tensors.
   *
   * @throws {InferenceError} with the coordinator's code, or ERR_NO_ANSWER if nothing came in time;
   *   after an abort the signal's reason
   */
  async infer(
    model: string,
    input: InferenceInput,
    { request = randomBytes(9).toString('hex'), signal, ...given }: InferOptions = {},
  ): Promise<InferenceAnswer> {
    signal?.throwIfAborted()
    const parameters = { format: 'cbor' as const, ...given }
    const payload = encodeInferenceRequest({ ...input, parameters })
    const topic = this.#topics.infer({ model, client: this.#id, request })
    const waitMs = (given.deadlineMs ?? patience.deadlineMs) + patience.graceMs
    const timers: NodeJS.Timeout[] = []
    const cancel = () => this.#cancel(request, signal!.reason)
    signal?.addEventListener('abort', cancel)
    try {
      return await new Promise<InferenceAnswer>((resolve, reject) => {
        const send = () => this.#send(topic, payload, waitMs)
        this.#pending.set(request, { resolve, reject, send })
        timers.push(setTimeout(() => reject(this.#noAnswer(model, waitMs)), waitMs))
        timers.push(setTimeout(send, repeatAfterMs))
        send()
      })
    } finally {
      for (const timer of timers) clearTimeout(timer)
      signal?.removeEventListener('abort', cancel)
      this.#pending.delete(request)
    }
  }

  /** Rejects what is pending and ends the connection. */
  async close(): Promise<void> {
    const closed = new InferenceError('ERR_CLOSED', 'the client was closed before the answer came')
    for (const { reject } of this.#pending.values()) reject(closed)
    await this.#transport.close()
  }

  #sendAgain(): void {
    for (const { send } of this.#pending.values()) send()
  }

  /** A failure to send is no end: the request is sent again at the next connect. */
  #send(topic: string, payload: Uint8Array, timeoutMs: number): void {
    this.#transport.publish(topic, payload, { qos: 1, timeoutMs }).catch(() => undefined)
  }

  #cancel(request: string, reason: unknown): void {
    const topic = this.#topics.cancel({ client: this.#id, request })
    this.#send(topic, new Uint8Array(), 5000)
    this.#pending.get(request)?.reject(reason)
  }

  #onResult(topic: string, payload: Uint8Array): void {
    const ids = this.#topics.parse(topic)
    if (ids?.kind !== 'result' || ids.request === undefined) return
    const pending = this.#pending.get(ids.request)
    if (!pending) return
    let result: InferenceResult
    try {
      result = parseInferenceResult(payload)
    } catch (error) {
      return pending.reject(error)
    }
    if (!('error' in result)) return pending.resolve(result)
    pending.reject(new InferenceError(result.error.code, result.error.message))
  }

  #noAnswer(model: string, waitMs: number): InferenceError {
    const reason = this.#transport.connected
      ? `check that a coordinator is online (topic ${this.#topics.coordinatorStatus()})`
      : 'there is no connection to the broker'
    const message = `no answer from ${model} within ${waitMs} ms: ${reason}`
    return new InferenceError('ERR_NO_ANSWER', message)
  }
}
