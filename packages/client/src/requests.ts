import { randomBytes } from 'node:crypto'
import {
  encodeInferenceRequest,
  type InferenceAnswer,
  type InferenceInput,
  type InferenceParameters,
  type InferenceResult,
  parseInferenceRequest,
  parseInferenceResult,
  type Status,
  type Topics,
} from '@cocoi/protocol'
import { type Transport, TransportError } from '@cocoi/transport'
import { InferenceError } from './errors.ts'
import type { Feed } from './feed.ts'
import type { InferOptions } from './infer-options.ts'
import { noAnswer } from './no-answer.ts'
import { PendingRequest } from './pending-request.ts'
import { withDeadline } from './with-deadline.ts'

export interface RequestsOptions {
  readonly client: string
  readonly transport: Transport
  readonly topics: Topics
  readonly feed: Feed
  /** What the coordinator has announced last. */
  readonly coordinator: () => Status | undefined
  /** Malformed messages skipped so far. */
  readonly dropped: () => number
}

/** A request and what it is published as. */
interface Publication {
  readonly request: string
  readonly model: string
  readonly topic: string
  readonly payload: Uint8Array
}

/** Deadline of a request that names none, and what is added for the way there and back. */
const patience = { deadlineMs: 60_000, graceMs: 5000 }

/** Longest silence before a request is published for the second time, under its identifier. */
const maxSilenceMs = 10_000

/** How long closing waits for cancellations to be sent. */
const cancelMs = 1000

/** The requests of a client that wait for an answer. */
export class Requests {
  readonly #options: RequestsOptions
  readonly #pending = new Map<string, PendingRequest<InferenceAnswer>>()
  readonly #cancellations = new Set<Promise<void>>()
  /** Why this client may not ask: it may still watch. */
  #refusal: TransportError | undefined
  #closed = false

  constructor(options: RequestsOptions) {
    this.#options = options
  }

  /** Subscribes to the answers, and sends again what may have been lost at every reconnect. */
  async start(): Promise<void> {
    const { client, transport, topics, feed } = this.#options
    const reading = feed.read({
      kind: 'result',
      // The first filter is for answers to requests without an identifier; ours have one.
      filters: topics.filters('result', { client }).slice(1),
      parse: parseInferenceResult,
      receive: ({ request }, result) => this.#receive(request, result),
    })
    await reading.catch(error => {
      const isRefused = error instanceof TransportError && error.code === 'ERR_SUBSCRIBE_REFUSED'
      if (!isRefused) throw error
      this.#refusal = error
    })
    transport.onConnect(() => {
      for (const pending of this.#pending.values()) pending.send()
    })
  }

  /** Sends every request to a coordinator that has not seen them. */
  sendAnew(): void {
    for (const pending of this.#pending.values()) pending.sendAnew()
  }

  /** See `CocoiClient.infer`. */
  async infer(
    model: string,
    input: InferenceInput,
    { request = randomBytes(9).toString('hex'), signal, timeoutMs, ...parameters }: InferOptions,
  ): Promise<InferenceAnswer> {
    signal?.throwIfAborted()
    this.#requireFree(request)
    const { topics, client } = this.#options
    const topic = topics.infer({ model, client, request })
    const publication = { request, model, topic, payload: encode(input, parameters) }
    const waitMs = timeoutMs ?? (parameters.deadlineMs ?? patience.deadlineMs) + patience.graceMs
    const pending = this.#create(publication, waitMs, signal)
    this.#pending.set(request, pending)
    return await pending.answer.finally(() => this.#pending.delete(request))
  }

  /** Gives up every request, and resolves when the coordinator has been told, if it can be. */
  async close(): Promise<void> {
    this.#closed = true
    for (const pending of this.#pending.values()) pending.giveUp(closed())
    if (!this.#options.transport.connected) return
    await withDeadline(Promise.all(this.#cancellations), cancelMs).catch(() => {})
  }

  #create(
    { request, model, topic, payload }: Publication,
    waitMs: number,
    signal: AbortSignal | undefined,
  ): PendingRequest<InferenceAnswer> {
    const { transport } = this.#options
    return new PendingRequest({
      publish: timeoutMs => transport.publish(topic, payload, { qos: 1, timeoutMs }),
      cancel: timeoutMs => this.#cancel(request, timeoutMs),
      noAnswer: () => this.#noAnswer(model, waitMs),
      timeoutMs: waitMs,
      silenceMs: Math.min(waitMs / 4, maxSilenceMs),
      signal,
    })
  }

  #receive(request: string | undefined, result: InferenceResult | undefined): void {
    // An answer to a request repeated or given up comes late; nobody misses it.
    const pending = request === undefined ? undefined : this.#pending.get(request)
    if (!pending || !result) return
    if ('error' in result) {
      pending.fail(new InferenceError(result.error.code, result.error.message))
    } else pending.resolve(result)
  }

  /** If the cancellation is lost, the coordinator ends the request at its deadline. */
  #cancel(request: string, timeoutMs: number): void {
    const { transport, topics, client } = this.#options
    const topic = topics.cancel({ client, request })
    const sent = transport.publish(topic, new Uint8Array(), { qos: 1, timeoutMs }).catch(() => {})
    this.#cancellations.add(sent)
    void sent.then(() => this.#cancellations.delete(sent))
  }

  #requireFree(request: string): void {
    if (this.#closed) throw closed()
    if (this.#refusal) throw this.#refusal
    if (!this.#pending.has(request)) return
    const message = `request ${request} waits for its answer already; use another id for another one`
    throw new InferenceError('ERR_REQUEST_IN_USE', message)
  }

  #noAnswer(model: string, timeoutMs: number): InferenceError {
    const { transport, topics, coordinator, dropped } = this.#options
    const known = { connected: transport.connected, base: topics.base, dropped: dropped() }
    return noAnswer({ model, timeoutMs, ...known, coordinator: coordinator() })
  }
}

/** The payload, read back: what the coordinator would refuse is refused here. */
function encode(input: InferenceInput, given: InferenceParameters): Uint8Array {
  const parameters = { format: 'cbor' as const, ...given }
  const payload = encodeInferenceRequest({ ...input, parameters })
  parseInferenceRequest(payload)
  return payload
}

function closed(): InferenceError {
  return new InferenceError('ERR_CLOSED', 'the client was closed; connect a new one')
}
