import { randomBytes } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { BlobClient, BlobStore } from '@cocoi/blobs'
import { createEngine, type Engine, type EngineTensor } from '@cocoi/engine'
import {
  type Control,
  Drops,
  decodeFrame,
  encodeFrame,
  FRAME_QOS,
  type FrameHeader,
  isWorthLogging,
  type Plan,
  parseControl,
  type TopicKind,
  type Topics,
} from '@cocoi/protocol'
import type { DeviceConfig, Logger } from '@cocoi/service'
import { type Transport, watchConnections } from '@cocoi/transport'
import { AgentError, describeError } from './errors.ts'
import { loadPlan } from './loaded-plan.ts'
import { Pace } from './pace.ts'
import { PlanShelf } from './plan-shelf.ts'
import { Presence } from './presence.ts'
import { SelfMeasurement } from './self-measurement.ts'
import { SubtaskRunner } from './subtask-runner.ts'
import { Tardiness } from './tardiness.ts'
import { vitalsReader } from './vitals.ts'
import { Weights } from './weights.ts'

export interface AgentOptions {
  readonly device: string
  readonly version: string
  readonly config: DeviceConfig
  readonly topics: Topics
  /** Small messages: status, heartbeats, plans, cancellations. */
  readonly control: Transport
  /** Tensors and weights, which must not delay the small messages. */
  readonly data: Transport
  readonly logger: Logger
  readonly lagMs: () => number
  /** Keeps a session number that came about. */
  readonly keepSession: (session: number) => Promise<void>
}

/** How weights are fetched: a few ranges at a time, for ever so long as some arrive. */
const fetching = { chunkBytes: 1024 * 1024, window: 4, timeoutMs: 10_000, retries: 10 }

/** The device agent: takes plans and subtasks from the broker, computes, answers. */
export class Agent {
  readonly #options: AgentOptions
  readonly #engine: Engine
  readonly #blobs: BlobClient
  readonly #weights: Weights
  readonly #plans: PlanShelf
  readonly #runner: SubtaskRunner
  readonly #presence: Presence
  readonly #drops = new Drops()
  readonly #pace: Pace
  readonly #measurement = new SelfMeasurement()
  /** Coordinator of each plan that was announced, to know where its answers go. */
  readonly #coordinators = new Map<string, string>()

  /** Names this process among others of the same device name. */
  readonly #instance = randomBytes(8).toString('hex')
  /** Resolves with the reason when the coordinator wants this process to go. */
  readonly retired: Promise<AgentError>
  #retire: (reason: AgentError) => void = () => undefined
  #stopped: Promise<void> | undefined

  private constructor(options: AgentOptions, store: BlobStore) {
    const { config, device, version, topics, control, data, lagMs } = options
    this.#options = options
    this.retired = new Promise(resolve => (this.#retire = resolve))
    const threads = config.threads || allCoresButOne()
    const speed = config.flopsPerS > 0 ? { flopsPerS: config.flopsPerS } : {}
    this.#engine = createEngine({ name: 'cocoi-engine', threads, ...speed })
    this.#pace = new Pace(config.stretch, threads)
    this.#blobs = new BlobClient({
      store,
      transport: data,
      topics,
      device,
      ...fetching,
      onDrop: ({ code, topic }) => this.#count('blobData', code, topic),
    })
    this.#weights = new Weights({ store, blobs: this.#blobs, maxBytes: config.maxCacheBytes })
    const loader = { engine: this.#engine, weights: this.#weights }
    this.#plans = new PlanShelf(config.maxPlans, (plan, signal) => loadPlan(plan, loader, signal))
    this.#runner = new SubtaskRunner({
      maxWaiting: config.maxQueue,
      pace: this.#pace,
      tardiness: new Tardiness({ ...config, seed: config.delaySeed }),
      onComputed: (work, ms) => this.#measurement.note(work, ms),
      stage: (plan, stage) => this.#plans.stage(plan, stage),
      answer: (plan, header, tensors) => this.#send(this.#coordinators.get(plan), header, tensors),
      now: () => performance.now(),
    })
    this.#presence = new Presence({
      ...{ device, version, topics, control, heartbeatMs: config.heartbeatMs },
      instance: this.#instance,
      workload: () => ({
        queue: this.#runner.load,
        subtasks: this.#runner.counts,
        eventLoopLagMs: lagMs(),
        dropped: this.#drops.total + control.dropped + data.dropped,
        profile: this.#measurement.profile,
      }),
      vitals: vitalsReader(config.state),
      onError: (what, error) => this.#report(what, error),
    })
  }

  /** Measures, subscribes and announces the device; resolves when the broker knows it as online. */
  static async start(options: AgentOptions): Promise<Agent> {
    const { config, device, topics, control, data } = options
    const folder = join(config.state, 'blobs')
    await mkdir(folder, { recursive: true })
    const agent = new Agent(options, await BlobStore.open(folder))
    await agent.#measure()
    await data.subscribe(topics.subtasks({ device }), (_, payload) => agent.#onSubtask(payload))
    await control.subscribe(topics.control({ device }), (_, payload) => agent.#onControl(payload), {
      qos: 1,
    })
    await new Promise<void>(resolve => {
      // What the loss of the connection makes fail is done anew when it is back.
      const onError = (error: unknown) => {
        if (control.connected) agent.#report('announcing the device', error)
      }
      watchConnections(options, {
        onComplete: session => void agent.#onConnect(session).then(resolve, onError),
        onIncomplete: reason => void agent.#presence.pause(reason).catch(onError),
      })
    })
    return agent
  }

  /** A device that cannot time its engine is asked all the same, and learns from its subtasks. */
  async #measure(): Promise<void> {
    await this.#measurement
      .start(this.#engine, this.#pace)
      .catch(error => this.#report('timing the engine', error))
  }

  /** Whether its engine is idle or answers, if slowly. */
  isProgressing(): boolean {
    return this.#engine.busyMs < this.#options.config.stuckAfterMs
  }

  /** Finishes what was accepted, says goodbye and frees the engine; asked twice it does so once. */
  stop(reason: string): Promise<void> {
    this.#stopped ??= this.#stop(reason)
    return this.#stopped
  }

  async #stop(reason: string): Promise<void> {
    await this.#presence.leave('draining', reason)
    await this.#runner.drain()
    await this.#blobs.close()
    await this.#plans.releaseAll()
    await this.#presence.leave('stopped', reason)
    await this.#engine.close()
  }

  async #onConnect(session: number): Promise<void> {
    const { keepSession, control, data } = this.#options
    // A full disk is no reason to stay away: the clock alone makes good sessions too.
    await keepSession(session).catch(error => this.#report('keeping the session number', error))
    if (!control.connected || !data.connected) return
    await this.#presence.born(session)
    for (const plan of this.#plans.loaded()) this.#tellReady(plan)
  }

  #onSubtask(payload: Uint8Array): void {
    try {
      const frame = decodeFrame(payload)
      const { header } = frame
      if (header.type === 'subtask') return this.#runner.accept({ ...frame, header })
      this.#count('subtasks', 'ERR_WRONG_FRAME', `a ${header.type} frame is not for a device`)
    } catch (error) {
      this.#drop('subtasks', error)
    }
  }

  #onControl(payload: Uint8Array): void {
    let message: Control
    try {
      message = parseControl(payload)
    } catch (error) {
      return this.#drop('control', error)
    }
    switch (message.type) {
      case 'plan':
        return void this.#prepare(message.plan)
      case 'cancel':
        return this.#runner.cancel(message)
      case 'release':
        return void this.#release(message.plan)
      case 'drain':
        return void this.#drain()
      case 'retire':
        if (message.instance !== this.#instance) return
        return this.#retire(new AgentError('ERR_DUPLICATE_ID', message.reason))
    }
  }

  /** Never rejects: the coordinator is told how it ended. */
  async #prepare(plan: Plan): Promise<void> {
    const { logger } = this.#options
    this.#coordinators.set(plan.id, plan.coordinator)
    try {
      const startedAt = performance.now()
      const { stages } = await this.#plans.prepare(plan)
      const ms = Math.round(performance.now() - startedAt)
      logger.info('plan ready', { plan: plan.id, stages: stages.size, ms })
      this.#tellReady(plan)
      await this.#weights.tidy()
    } catch (error) {
      this.#coordinators.delete(plan.id)
      const { code, message } = describeError(error)
      logger.warn('plan refused', { plan: plan.id, code, reason: message })
      const { session } = this.#presence
      this.#send(plan.coordinator, { type: 'refused', plan: plan.id, session, code, message }, [])
    }
  }

  #tellReady(plan: Plan): void {
    const { session } = this.#presence
    this.#send(plan.coordinator, { type: 'ready', plan: plan.id, session }, [])
  }

  async #release(plan: string): Promise<void> {
    this.#coordinators.delete(plan)
    await this.#plans.release(plan).catch(error => this.#report(`releasing plan ${plan}`, error))
  }

  async #drain(): Promise<void> {
    const reason = 'the coordinator asked for it'
    await this.#presence
      .leave('draining', reason)
      .catch(error => this.#report('announcing the drain', error))
    await this.#runner.drain()
  }

  /** An answer nobody can be found for is dropped: its plan was released meanwhile. */
  #send(
    coordinator: string | undefined,
    header: FrameHeader,
    tensors: readonly EngineTensor[],
  ): void {
    if (coordinator === undefined) return
    const { data, topics, device } = this.#options
    const topic = topics.deviceResults({ coordinator, device })
    data
      .publish(topic, encodeFrame(header, tensors), {
        qos: FRAME_QOS[header.type],
        timeoutMs: 10_000,
      })
      .catch(error => this.#report(`sending a ${header.type}`, error))
  }

  #drop(kind: TopicKind, error: unknown): void {
    const { code, message } = describeError(error)
    this.#count(kind, code, message)
  }

  #count(kind: TopicKind, code: string, reason: string): void {
    const count = this.#drops.count(kind, code)
    if (!isWorthLogging(count)) return
    this.#options.logger.warn('message dropped', { kind, code, count, reason })
  }

  #report(what: string, error: unknown): void {
    const { code, message } = describeError(error)
    this.#options.logger.warn(`${what} failed`, { code, reason: message })
  }
}

/** One core is left to the network. Without a number onnxruntime would take all and pin its threads. */
function allCoresButOne(): number {
  return Math.max(1, availableParallelism() - 1)
}
