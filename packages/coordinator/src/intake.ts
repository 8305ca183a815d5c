import { randomBytes } from 'node:crypto'
import {
  encodeInferenceResult,
  type InferenceAnswer,
  type InferenceRequest,
  parseInferenceRequest,
  type TopicKind,
  type Topics,
} from '@cocoi/protocol'
import { Admission, type AdmissionEffect, type AdmissionEvent } from '@cocoi/scheduler'
import type { CoordinatorConfig } from '@cocoi/service'
import type { Transport } from '@cocoi/transport'
import type { AdmittedRequest } from './admitted-request.ts'
import { CoordinatorError, describeError } from './errors.ts'

export interface IntakeOptions {
  readonly config: CoordinatorConfig
  readonly topics: Topics
  readonly data: Transport
  readonly answer: (admitted: AdmittedRequest) => Promise<InferenceAnswer>
  readonly now: () => number
  readonly onDrop: (kind: TopicKind, error: unknown) => void
  readonly onFailure: (model: string, error: unknown) => void
}

/** A request from its arrival until its answer is forgotten. */
interface Ticket {
  readonly model: string
  readonly client: string
  readonly request: string | undefined
  readonly arrivedAt: number
  readonly deadlineAt: number
  readonly abort: AbortController
  /** Dropped when the request has been answered. */
  body: InferenceRequest | undefined
  /** The answer, kept for a client that asks again. */
  payload: Uint8Array | undefined
}

/** An answer, whether it is to be kept, and when nothing is computed for it any more. */
interface Answered {
  readonly payload: Uint8Array
  readonly keep: boolean
  readonly idle: Promise<void>
}

/** How long an answer is kept for a client that asks again, and for how many requests. */
const memory = { rememberMs: 60_000, maxRemembered: 256 }

/** Takes requests from their topics, performs what `Admission` decides, and sends the answers. */
export class Intake {
  readonly counts = { done: 0, failed: 0 }
  readonly #options: IntakeOptions
  readonly #admission: Admission
  readonly #tickets = new Map<string, Ticket>()
  readonly #running = new Set<Promise<void>>()
  #timer: NodeJS.Timeout | undefined
  #stopping = false

  constructor(options: IntakeOptions) {
    this.#options = options
    const { maxRunning, maxWaiting, maxWaitingBytes } = options.config
    this.#admission = new Admission({ maxRunning, maxWaiting, maxWaitingBytes, ...memory })
  }

  async start(): Promise<void> {
    const { data, topics } = this.#options
    for (const filter of topics.filters('infer')) {
      const take = (topic: string, payload: Uint8Array) => this.#onInfer(topic, payload)
      await data.subscribe(filter, take, { qos: 1 })
    }
    for (const filter of topics.filters('cancel')) {
      await data.subscribe(filter, topic => this.#onCancel(topic), { qos: 1 })
    }
  }

  get load(): { running: number; waiting: number } {
    const { running, waiting } = this.#admission.snapshot()
    return { running: running.length, waiting: waiting.length }
  }

  /** Refuses what is new and resolves when what was admitted is answered. */
  async stop(): Promise<void> {
    this.#stopping = true
    const waiting = this.#admission.snapshot().waiting
    for (const key of waiting) this.#feed({ type: 'cancel', key })
    await Promise.allSettled(this.#running)
    clearTimeout(this.#timer)
  }

  #onInfer(topic: string, payload: Uint8Array): void {
    const parsed = this.#options.topics.parse(topic)
    if (parsed?.kind !== 'infer') return
    const { model, client, request } = parsed
    let body: InferenceRequest
    try {
      if (this.#stopping) throw new CoordinatorError('ERR_STOPPING', 'the coordinator is stopping')
      this.#requireSize(payload)
      body = parseInferenceRequest(payload)
    } catch (error) {
      this.#options.onDrop('infer', error)
      return void this.#send({ client, request }, failureOf(request, error))
    }
    const arrivedAt = this.#options.now()
    const deadlineAt = arrivedAt + (body.parameters.deadlineMs ?? this.#options.config.deadlineMs)
    const ticket = { model, client, request, arrivedAt, deadlineAt, body, payload: undefined }
    this.#admit({ ...ticket, abort: new AbortController() }, payload.byteLength)
  }

  #requireSize({ byteLength }: Uint8Array): void {
    const { maxInputBytes } = this.#options.config
    if (byteLength <= maxInputBytes) return
    const message = `a request of ${byteLength} bytes, at most ${maxInputBytes} are taken`
    throw new CoordinatorError('ERR_TOO_LARGE', message)
  }

  #admit(ticket: Ticket, bytes: number): void {
    const { client, request, deadlineAt, body } = ticket
    const key = `${client}/${request ?? `#${randomBytes(9).toString('hex')}`}`
    if (!this.#tickets.has(key)) this.#tickets.set(key, ticket)
    const priority = body?.parameters.priority ?? 0
    this.#feed({ type: 'request', key, bytes, deadlineAt, priority })
  }

  #onCancel(topic: string): void {
    const parsed = this.#options.topics.parse(topic)
    if (parsed?.kind !== 'cancel') return
    this.#feed({ type: 'cancel', key: `${parsed.client}/${parsed.request}` })
  }

  #feed(event: AdmissionEvent): void {
    for (const effect of this.#admission.step(event, this.#options.now())) this.#perform(effect)
    clearTimeout(this.#timer)
    const { deadline } = this.#admission
    if (deadline === undefined) return
    const delayMs = Math.ceil(Math.max(0, deadline - this.#options.now()))
    this.#timer = setTimeout(() => this.#feed({ type: 'tick' }), delayMs)
  }

  #perform(effect: AdmissionEffect): void {
    const ticket = this.#tickets.get(effect.key)
    if (!ticket) return
    switch (effect.type) {
      case 'run':
        return this.#run(effect.key, ticket)
      case 'reject':
        return this.#reject(effect, ticket)
      case 'abort':
        return ticket.abort.abort(new CoordinatorError('ERR_CANCELLED', 'the client has cancelled'))
      case 'join':
        // An answer that is there already was perhaps sent to nobody.
        return void this.#send(ticket, ticket.payload)
      case 'repeat':
        return void this.#send(ticket, ticket.payload)
      case 'forget':
        this.#tickets.delete(effect.key)
    }
  }

  #reject({ key, code, message }: AdmissionEffect & { type: 'reject' }, ticket: Ticket): void {
    this.#tickets.delete(key)
    const { request } = ticket
    this.counts.failed += 1
    void this.#send(ticket, failureOf(request, new CoordinatorError(code, message)))
  }

  #run(key: string, ticket: Ticket): void {
    const running = this.#answer(ticket).then(async ({ payload, keep, idle }) => {
      ticket.payload = payload
      ticket.body = undefined
      const sent = this.#send(ticket, payload)
      // A place is free when nothing computes any more; that the answer is on its way takes none.
      await idle
      this.#feed({ type: 'finished', key, keep })
      await sent
      this.#running.delete(running)
    })
    this.#running.add(running)
  }

  /**
   * Never rejects: a failure is an answer too, though not one to keep: a retry may do better. It comes
   * at the deadline, or when the request is cancelled, whatever is still being computed then.
   */
  async #answer(ticket: Ticket): Promise<Answered> {
    const { abort, deadlineAt, arrivedAt, model, request } = ticket
    const { answer, now, onFailure } = this.#options
    const late = new CoordinatorError(
      'ERR_DEADLINE',
      `no answer within ${Math.round(deadlineAt - arrivedAt)} ms`,
    )
    const timer = setTimeout(() => abort.abort(late), Math.max(0, deadlineAt - now()))
    const { format = 'json' } = ticket.body!.parameters
    const computing = answer({ ...ticket, body: ticket.body!, signal: abort.signal })
    const idle = computing.then(
      () => undefined,
      () => undefined, // told below
    )
    try {
      const result = await Promise.race([computing, aborted(abort.signal)])
      this.counts.done += 1
      return { payload: encodeInferenceResult(result, format), keep: true, idle }
    } catch (error) {
      this.counts.failed += 1
      onFailure(model, error)
      const payload = encodeInferenceResult(failureOf(request, error), format)
      return { payload, keep: false, idle }
    } finally {
      clearTimeout(timer)
    }
  }

  /** Never rejects: an answer that cannot be sent is asked for again by its client. */
  async #send(
    { client, request }: { client: string; request: string | undefined },
    answer: Uint8Array | ReturnType<typeof failureOf> | undefined,
  ): Promise<void> {
    if (!answer) return
    const { data, topics } = this.#options
    const payload = answer instanceof Uint8Array ? answer : encodeInferenceResult(answer, 'json')
    const topic = topics.result(request === undefined ? { client } : { client, request })
    await data
      .publish(topic, payload, { qos: 1, timeoutMs: 10_000 })
      .catch(error => this.#options.onFailure(`${client} (sending)`, error))
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}

function failureOf(request: string | undefined, error: unknown) {
  const failure = { error: describeError(error) }
  return request === undefined ? failure : { request, ...failure }
}
