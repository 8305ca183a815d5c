import { randomBytes } from 'node:crypto'
import {
  encodeInferenceResult,
  type InferenceAnswer,
  type InferenceParameters,
  type InferenceRequest,
  isJsonRequest,
  parseInferenceRequest,
  type TopicKind,
  type Topics,
} from '@cocoi/protocol'
import { Admission, type AdmissionEffect, type AdmissionEvent } from '@cocoi/scheduler'
import type { CoordinatorConfig } from '@cocoi/service'
import type { Transport } from '@cocoi/transport'
import type { AdmittedRequest } from './admitted-request.ts'
import { CoordinatorError } from './errors.ts'
import { type Addressee, failureOf, Replies } from './replies.ts'

export interface IntakeOptions {
  readonly config: CoordinatorConfig
  readonly topics: Topics
  readonly requests: Transport
  readonly answer: (admitted: AdmittedRequest) => Promise<InferenceAnswer>
  readonly now: () => number
  readonly onDrop: (kind: TopicKind, error: unknown) => void
  readonly onFailure: (what: string, error: unknown) => void
}

interface Sender extends Addressee {
  readonly model: string
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

/** An answer, what computing it took unless it has failed, and when nothing is computed any more. */
interface Answered {
  readonly payload: Uint8Array
  readonly tookMs: number | undefined
  readonly idle: Promise<void>
}

/** How long answers are kept for clients that ask again, and how many of how many bytes. */
const memory = { rememberMs: 60_000, maxRemembered: 256, maxRememberedBytes: 128 * 1024 * 1024 }

/** Takes requests from their topics, performs what `Admission` decides, and sends the answers. */
export class Intake {
  readonly counts = { done: 0, failed: 0, superseded: 0 }
  readonly #options: IntakeOptions
  readonly #admission: Admission
  readonly #replies: Replies
  readonly #tickets = new Map<string, Ticket>()
  readonly #running = new Set<Promise<void>>()
  #timer: NodeJS.Timeout | undefined
  #stopping = false

  constructor(options: IntakeOptions) {
    this.#options = options
    this.#replies = new Replies(options)
    const { maxRunning, maxWaiting, maxWaitingBytes } = options.config
    this.#admission = new Admission({ maxRunning, maxWaiting, maxWaitingBytes, ...memory })
  }

  async start(): Promise<void> {
    const { requests, topics } = this.#options
    for (const filter of topics.filters('infer')) {
      const take = (topic: string, payload: Uint8Array) => this.#onInfer(topic, payload)
      await requests.subscribe(filter, take, { qos: 1 })
    }
    for (const filter of topics.filters('cancel')) {
      await requests.subscribe(filter, topic => this.#onCancel(topic), { qos: 1 })
    }
  }

  get load(): { running: number; waiting: number } {
    return this.#admission.load
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
    try {
      this.#requireSize(payload)
      this.#admit(parsed, payload)
    } catch (error) {
      this.#options.onDrop('infer', error)
      void this.#replies.refuse(parsed, error)
    }
  }

  #requireSize({ byteLength }: Uint8Array): void {
    if (this.#stopping) throw new CoordinatorError('ERR_STOPPING', 'the coordinator is stopping')
    const { maxInputBytes } = this.#options.config
    if (byteLength <= maxInputBytes) return
    const message = `a request of ${byteLength} bytes, at most ${maxInputBytes} are taken`
    throw new CoordinatorError('ERR_TOO_LARGE', message)
  }

  /** @throws {ProtocolError} if the payload is malformed */
  #admit({ model, client, request }: Sender, payload: Uint8Array): void {
    const { now, config } = this.#options
    const key = `${client}/${request ?? `#${randomBytes(9).toString('hex')}`}`
    const arrivedAt = now()
    const event = (parameters: InferenceParameters) => {
      // Who gives no identifier is a camera, which will never ask for this frame again.
      const { latest: newest = request === undefined, priority = 0 } = parameters
      const deadlineAt = arrivedAt + (parameters.deadlineMs ?? config.deadlineMs)
      const sender = { key, client, model, newest, priority, deadlineAt }
      return { type: 'request' as const, ...sender, bytes: payload.byteLength }
    }
    if (isJsonRequest(payload) && this.#admission.wouldRefuse(event({}))) {
      return this.#refuseUnread({ client, request })
    }
    const body = parseInferenceRequest(payload)
    const admission = event(body.parameters)
    const { deadlineAt } = admission
    const ticket = { model, client, request, arrivedAt, deadlineAt, body, payload: undefined }
    if (!this.#tickets.has(key)) this.#tickets.set(key, { ...ticket, abort: new AbortController() })
    this.#feed(admission)
  }

  /** In an overload reading JSON would take the time that answers need. */
  #refuseUnread(sender: Addressee): void {
    this.counts.failed += 1
    const message = 'no place for one more request in JSON, unread; send it again later, or as CBOR'
    void this.#replies.refuse(sender, new CoordinatorError('ERR_OVERLOADED', message))
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
      case 'repeat':
        // Also one under way may have been answered, perhaps to nobody.
        if (ticket.payload) void this.#replies.send(ticket, ticket.payload)
        return
      case 'forget':
        this.#tickets.delete(effect.key)
    }
  }

  #reject({ key, code, message }: AdmissionEffect & { type: 'reject' }, ticket: Ticket): void {
    this.#tickets.delete(key)
    if (code === 'ERR_SUPERSEDED') this.counts.superseded += 1
    else this.counts.failed += 1
    void this.#replies.refuse(ticket, new CoordinatorError(code, message))
  }

  #run(key: string, ticket: Ticket): void {
    const running = this.#answer(ticket).then(async ({ payload, tookMs, idle }) => {
      ticket.payload = payload
      ticket.body = undefined
      const sent = this.#replies.send(ticket, payload)
      // A place is free when nothing computes any more; that the answer is on its way takes none.
      await idle
      const isKept = tookMs !== undefined && ticket.request !== undefined
      const keptBytes = isKept ? payload.byteLength : undefined
      this.#feed({ type: 'finished', key, tookMs, keptBytes })
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
      const { preprocessMs, inferenceMs } = result.timing
      const tookMs = preprocessMs + inferenceMs
      return { payload: encodeInferenceResult(result, format), tookMs, idle }
    } catch (error) {
      this.counts.failed += 1
      onFailure(`answering for ${model}`, error)
      const payload = encodeInferenceResult(failureOf(request, error), format)
      return { payload, tookMs: undefined, idle }
    } finally {
      clearTimeout(timer)
    }
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}
