import {
  encodeInferenceRequest,
  type InferenceResult,
  parseInferenceResult,
  topics,
} from '@cocoi/protocol'
import { connectMqtt, type Transport, whenConnected } from '@cocoi/transport'
import { judge } from '../chaos/load.ts'
import type { Sample } from '../chaos/small-cnn.ts'
import { modelName } from './overload-cluster.ts'

/** How a request ended: `late` is right, but after its deadline; `refused` has a code. */
export type End =
  | {
      readonly end: 'right' | 'late' | 'wrong'
      readonly latencyMs: number
      readonly detail: string
    }
  | { readonly end: 'refused'; readonly code: string }
  /** It did not even leave: too much was waiting to be sent. */
  | { readonly end: 'unsent'; readonly code: string }

export interface SenderOptions {
  readonly url: string
  readonly id: string
  readonly samples: readonly Sample[]
  readonly deadlineMs: number
  /** Its requests have no identifiers, so that newer ones supersede older ones. */
  readonly isCamera: boolean
  readonly onEnd: (end: End) => void
}

interface Pending {
  readonly sample: number
  readonly sentAt: number
  readonly settle: () => void
}

const transport = 'float16'
const known = topics()

/** A client that sends whenever it is told to, whether its earlier requests are answered or not. */
export class Sender {
  readonly #options: SenderOptions
  readonly #transport: Transport
  readonly #payloads: readonly Uint8Array[]
  readonly #pending = new Map<string, Pending>()
  #sent = 0
  #frames = 0

  static async connect(options: SenderOptions): Promise<Sender> {
    const { url, id } = options
    const connection = connectMqtt({ url, clientId: `${id}:overload`, keepaliveS: 60 })
    await whenConnected(connection, 10_000)
    const sender = new Sender(options, connection)
    const onResult = (topic: string, payload: Uint8Array) => sender.#onResult(topic, payload)
    for (const filter of known.filters('result', { client: id })) {
      await connection.subscribe(filter, onResult, { qos: 1 })
    }
    return sender
  }

  private constructor(options: SenderOptions, connection: Transport) {
    this.#options = options
    this.#transport = connection
    const { deadlineMs } = options
    this.#payloads = options.samples.map(({ input }) =>
      encodeInferenceRequest({
        tensors: [{ name: 'image', ...input }],
        parameters: { deadlineMs, transport, scheme: 'mds:3,2', format: 'cbor' },
      }),
    )
  }

  /** Requests without an end. */
  get open(): number {
    return this.#pending.size + this.#frames
  }

  /** Sends one request; resolves when it has ended, for a camera when it has left. */
  async send(): Promise<void> {
    const { isCamera, id } = this.#options
    // Nothing tells which of its frames a camera is answered: they are all of one picture.
    const sample = isCamera ? 0 : this.#sent % this.#payloads.length
    const name = `r${this.#sent++}`
    const address = { model: modelName, client: id, ...(!isCamera && { request: name }) }
    const ended = isCamera ? this.#addFrame() : this.#add(name, sample)
    await this.#transport
      .publish(known.infer(address), this.#payloads[sample]!, { qos: 1, timeoutMs: 20_000 })
      .catch((error: { code: string }) => this.#end(name, { end: 'unsent', code: error.code }))
    await ended
  }

  close(): Promise<void> {
    return this.#transport.close()
  }

  #add(name: string, sample: number): Promise<void> {
    return new Promise(settle =>
      this.#pending.set(name, { sample, sentAt: performance.now(), settle }),
    )
  }

  #addFrame(): void {
    this.#frames += 1
  }

  #onResult(topic: string, payload: Uint8Array): void {
    const parsed = known.parse(topic)
    if (parsed?.kind !== 'result') return
    const { request } = parsed
    if (request !== undefined && !this.#pending.has(request)) return // answered already
    this.#end(request, this.#judge(parseInferenceResult(payload), this.#pending.get(request ?? '')))
  }

  #end(request: string | undefined, end: End): void {
    const pending = this.#pending.get(request ?? '')
    if (this.#options.isCamera) this.#frames -= 1
    else this.#pending.delete(request!)
    pending?.settle()
    this.#options.onEnd(end)
  }

  #judge(result: InferenceResult, pending: Pending | undefined): End {
    if ('error' in result) return { end: 'refused', code: result.error.code }
    const { samples, deadlineMs } = this.#options
    const verdict = judge(result, samples[pending?.sample ?? 0]!, transport)
    // A frame carries no name: its time is the coordinator's.
    const latencyMs = pending ? performance.now() - pending.sentAt : result.timing.totalMs
    const isLate = verdict.end === 'right' && latencyMs > deadlineMs
    return { latencyMs, ...verdict, ...(isLate && { end: 'late' }) }
  }
}
