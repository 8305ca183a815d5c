import {
  type Control,
  decodeFrame,
  encodeDeviceHealth,
  encodeFrame,
  encodeStatus,
  type FrameHeader,
  type Plan,
  parseControl,
  type WireTensor,
} from '@cocoi/protocol'
import type { Transport } from '@cocoi/transport'
import { known } from './memory-cluster.ts'

const sure = { qos: 1, timeoutMs: 5000 } as const

/**
 * A device that lives, and does by itself nothing else: the test decides what it says to plans and
 * subtasks, if anything.
 */
export class MuteDevice {
  readonly id: string
  readonly subtasks: FrameHeader[] = []
  /** Plans that it is to forget. */
  readonly released: string[] = []
  readonly #transport: Transport
  readonly #session: number
  readonly #plans: Plan[] = []
  #waiting: (() => void)[] = []
  #beating: NodeJS.Timeout | undefined
  #seq = 0

  constructor(id: string, transport: Transport, session = 1) {
    this.id = id
    this.#transport = transport
    this.#session = session
  }

  async join(): Promise<void> {
    const device = this.id
    await this.#transport.subscribe(known.control({ device }), (_, payload) => {
      this.#onControl(parseControl(payload))
    })
    await this.#transport.subscribe(known.subtasks({ device }), (_, payload) => {
      this.subtasks.push(decodeFrame(payload).header)
      this.#wake()
    })
    this.#beating = setInterval(() => this.#beat(), 200)
    await this.announce('online')
  }

  async announce(state: 'online' | 'starting' | 'offline'): Promise<void> {
    const status = { state, session: this.#session, since: new Date().toISOString() }
    const topic = known.deviceStatus({ device: this.id })
    await this.#transport.publish(topic, encodeStatus(status), { ...sure, retain: true })
  }

  /** The `count`-th plan it was told; all are kept. */
  async plan(count = 1): Promise<Plan> {
    while (this.#plans.length < count) await this.#news()
    return this.#plans[count - 1]!
  }

  async subtask(count = 1): Promise<FrameHeader> {
    while (this.subtasks.length < count) await this.#news()
    return this.subtasks[count - 1]!
  }

  sayReady({ id, coordinator }: Plan): Promise<void> {
    return this.#say(coordinator, { type: 'ready', plan: id, session: this.#session })
  }

  sayRefused({ id, coordinator }: Plan, code: string): Promise<void> {
    const what = { type: 'refused', plan: id, session: this.#session } as const
    return this.#say(coordinator, { ...what, code, message: 'it does not want to' })
  }

  /** Answers a subtask with these tensors, right or wrong. */
  sayResult(
    { coordinator }: Plan,
    subtask: FrameHeader,
    tensors: readonly WireTensor[],
  ): Promise<void> {
    if (subtask.type !== 'subtask') throw new TypeError(`a ${subtask.type} frame has no result`)
    const { timeoutMs: _, ...ids } = subtask
    return this.#say(coordinator, { ...ids, type: 'result', computeMs: 1, queueMs: 0 }, tensors)
  }

  leave(): void {
    clearInterval(this.#beating)
  }

  #say(
    coordinator: string,
    header: FrameHeader,
    tensors: readonly WireTensor[] = [],
  ): Promise<void> {
    const topic = known.deviceResults({ coordinator, device: this.id })
    return this.#transport.publish(topic, encodeFrame(header, tensors), sure)
  }

  #beat(): void {
    const none = { waiting: 0, running: 0 }
    const subtasks = { done: 0, failed: 0, cancelled: 0, expired: 0 }
    const health = encodeDeviceHealth({
      ...{ session: this.#session, seq: this.#seq++, uptimeS: 1, queue: none, subtasks },
      ...{ memory: { rssBytes: 0, freeBytes: 0 }, eventLoopLagMs: 0 },
    })
    const topic = known.deviceHealth({ device: this.id })
    // Without a broker there is nobody to tell.
    this.#transport.publish(topic, health, { ...sure, qos: 0 }).catch(() => undefined)
  }

  #onControl(message: Control): void {
    if (message.type === 'plan') this.#plans.push(message.plan)
    if (message.type === 'release') this.released.push(message.plan)
    this.#wake()
  }

  #news(): Promise<void> {
    return new Promise(resolve => this.#waiting.push(resolve))
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve()
  }
}
