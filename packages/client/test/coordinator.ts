import {
  encodeInferenceResult,
  encodeStatus,
  type InferenceAnswer,
  type InferenceRequest,
  type InferenceResult,
  parseInferenceRequest,
  type Status,
  type Topics,
  topics,
} from '@cocoi/protocol'
import { type Transport, whenConnected } from '@cocoi/transport'
import { Inbox } from './inbox.ts'

const sure = { qos: 1, timeoutMs: 5000 } as const

/** A request as the coordinator reads it. */
export type Received = InferenceRequest & {
  readonly model: string
  readonly client: string
  readonly request: string
}

/** A coordinator that speaks the protocol, and answers only as the test says. */
export class Coordinator {
  readonly names: Topics
  readonly transport: Transport
  readonly requests = new Inbox<Received>()
  readonly cancelled = new Inbox<string>()

  constructor(transport: Transport, base: string) {
    this.transport = transport
    this.names = topics(base)
  }

  static async start(transport: Transport, base = 'cocoi'): Promise<Coordinator> {
    const coordinator = new Coordinator(transport, base)
    await whenConnected(transport, 5000)
    await coordinator.#subscribe()
    return coordinator
  }

  async announce(state: Status['state'], session: number): Promise<void> {
    const since = '2025-01-01T00:00:00Z'
    const status = encodeStatus({ state, session, since })
    await this.publish(this.names.coordinatorStatus(), status, true)
  }

  async answer(received: Received, result: InferenceResult = answerTo(received)): Promise<void> {
    const { client, request, parameters } = received
    const payload = encodeInferenceResult(result, parameters.format ?? 'json')
    await this.publish(this.names.result({ client, request }), payload)
  }

  async publish(topic: string, payload: Uint8Array, retain = false): Promise<void> {
    await this.transport.publish(topic, payload, { ...sure, retain })
  }

  async #subscribe(): Promise<void> {
    const [, infer] = this.names.filters('infer')
    await this.transport.subscribe(infer!, (topic, payload) => this.#receive(topic, payload), sure)
    const [cancel] = this.names.filters('cancel')
    await this.transport.subscribe(cancel!, topic => this.#cancel(topic), sure)
  }

  #receive(topic: string, payload: Uint8Array): void {
    const parsed = this.names.parse(topic)
    if (parsed?.kind !== 'infer' || !parsed.request) throw new Error(`unexpected topic ${topic}`)
    const { model, client, request } = parsed
    this.requests.put({ ...parseInferenceRequest(payload), model, client, request })
  }

  #cancel(topic: string): void {
    const parsed = this.names.parse(topic)
    if (parsed?.kind === 'cancel') this.cancelled.put(parsed.request)
  }
}

/** An answer whose only output is one number. */
export function answerTo({ model, request }: Received, value = 7): InferenceAnswer {
  const timing = { queueMs: 1, deployMs: 0, preprocessMs: 2, inferenceMs: 3, totalMs: 6 }
  return {
    request,
    model,
    version: '1',
    timing,
    plan: { kind: 'stages', scheme: 'mds:6,4', transport: 'float16', notes: [] },
    devices: { used: ['pi1'], late: ['pi2'] },
    bytes: { out: 10, in: 20 },
    stages: [],
    outputs: [{ name: 'logits', type: 'uint8', dims: [1], data: new Uint8Array([value]) }],
  }
}
