import { encodeInferenceResult, type InferenceFailure, type Topics } from '@cocoi/protocol'
import type { Transport } from '@cocoi/transport'
import { CoordinatorError, describeError } from './errors.ts'

/** Whom a result is for: a client, and which of its requests if that has an identifier. */
export interface Addressee {
  readonly client: string
  readonly request?: string | undefined
}

export interface RepliesOptions {
  readonly topics: Topics
  readonly requests: Transport
  readonly onFailure: (what: string, error: unknown) => void
  /** Told of a refusal that is not sent, because too many are on their way. */
  readonly onDrop: (kind: 'result', error: unknown) => void
}

const sendTimeoutMs = 10_000

/**
 * Refusals on their way to the broker at one time. Answers need no such bound: there are as many as
 * inferences, while requests to refuse come as fast as anybody likes to send them.
 */
const maxRefusals = 4096

/** Sends results to those who asked. No promise rejects: what cannot be sent is asked for again. */
export class Replies {
  readonly #options: RepliesOptions
  #refusals = 0

  constructor(options: RepliesOptions) {
    this.#options = options
  }

  async send({ client, request }: Addressee, payload: Uint8Array, qos: 0 | 1 = 1): Promise<void> {
    const { requests, topics, onFailure } = this.#options
    const topic = topics.result(request === undefined ? { client } : { client, request })
    await requests
      .publish(topic, payload, { qos, timeoutMs: sendTimeoutMs })
      .catch(error => onFailure(`sending to ${client}`, error))
  }

  /** Says why there is no answer; unsaid, and counted as dropped, while too many are being told. */
  async refuse(to: Addressee, error: unknown): Promise<void> {
    if (this.#refusals >= maxRefusals) return this.#options.onDrop('result', tooMany())
    this.#refusals += 1
    const failure = failureOf(to.request, error)
    // A camera that has sent a newer frame misses nothing, and there may be very many of these.
    const qos = failure.error.code === 'ERR_SUPERSEDED' ? 0 : 1
    await this.send(to, encodeInferenceResult(failure, 'json'), qos)
    this.#refusals -= 1
  }
}

/** The result of a request that has none. */
export function failureOf(request: string | undefined, error: unknown): InferenceFailure {
  const failure = { error: describeError(error) }
  return request === undefined ? failure : { request, ...failure }
}

function tooMany(): CoordinatorError {
  const message = `${maxRefusals} refusals are on their way already; a client sends too much`
  return new CoordinatorError('ERR_OVERLOADED', message)
}
