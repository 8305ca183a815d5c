import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { BlobServer, BlobStore } from '@cocoi/blobs'
import { createEngine, type Engine, type EngineTensor } from '@cocoi/engine'
import { ModelRepository } from '@cocoi/models'
import type { Goal } from '@cocoi/planner'
import {
  Drops,
  decodeFrame,
  encodeControl,
  isWorthLogging,
  type TopicKind,
  type Topics,
} from '@cocoi/protocol'
import type { Retirement } from '@cocoi/scheduler'
import { LoadGoal } from '@cocoi/scheduler'
import type { CoordinatorConfig, Logger } from '@cocoi/service'
import { type Transport, watchConnections } from '@cocoi/transport'
import { answerRequest } from './answer-request.ts'
import type { WrongResult } from './audit.ts'
import { Audits } from './audits.ts'
import { Deployments } from './deployments.ts'
import { describeError } from './errors.ts'
import { Events } from './events.ts'
import { Fleet } from './fleet.ts'
import { Intake } from './intake.ts'
import { Measurements } from './measurements.ts'
import { ModelShelf } from './model-shelf.ts'
import { PlanningThread } from './planning/planning-thread.ts'
import { type Condition, Presence } from './presence.ts'
import { ResultRouter } from './result-router.ts'

export interface CoordinatorOptions {
  readonly config: CoordinatorConfig
  readonly version: string
  readonly topics: Topics
  /** Small messages: status, plans, cancellations, heartbeats. */
  readonly control: Transport
  /** Tensors and weights. */
  readonly data: Transport
  /** Requests and answers. */
  readonly requests: Transport
  readonly logger: Logger
  /** Worst delay of the event loop since the last call. */
  readonly lagMs: () => number
}

/** The fleet must have been quiet this long before plans are made anew for its size. */
const replanAfterMs = 3000

const now = () => performance.now()

/** The coordinator agent: puts its parts together and connects them to the topics. */
export class Coordinator {
  readonly #options: CoordinatorOptions
  readonly #engine: Engine
  readonly #fleet: Fleet
  readonly #router = new ResultRouter()
  readonly #drops = new Drops()
  readonly #measurements: Measurements
  readonly #loadGoal = new LoadGoal()
  readonly #models: ModelShelf
  readonly #planner: PlanningThread
  readonly #deployments: Deployments
  readonly #intake: Intake
  readonly #presence: Presence
  readonly #events: Events
  readonly #blobs: BlobServer
  #lagMs = 0

  /** Opens the folders, subscribes and announces itself; models are prepared in the background. */
  static async start(options: CoordinatorOptions): Promise<Coordinator> {
    const { config } = options
    const folder = join(config.state, 'blobs')
    await mkdir(folder, { recursive: true })
    const store = await BlobStore.open(folder)
    const repository = await ModelRepository.open(config.models)
    const coordinator = new Coordinator(options, { store, repository })
    await coordinator.#measure()
    await coordinator.#start()
    return coordinator
  }

  private constructor(
    options: CoordinatorOptions,
    { store, repository }: { store: BlobStore; repository: ModelRepository },
  ) {
    const { config, topics, control, data, requests, version } = options
    const onError = (what: string, error: unknown) => this.#report(what, error)
    const onDrop = (kind: TopicKind, error: unknown) => this.#drop(kind, error)
    this.#options = options
    const threads = config.threads > 0 ? { threads: config.threads } : {}
    const speed = config.flopsPerS > 0 ? { flopsPerS: config.flopsPerS } : {}
    const engine = createEngine({ name: 'cocoi-engine', ...threads, ...speed })
    this.#engine = engine
    const { heartbeatMs, subtaskTimeoutMs, maxOutstanding, minIntensity, readyTimeoutMs } = config
    const fleet = new Fleet({
      ...{ transport: control, topics, heartbeatMs, now, onDrop },
      onNamesake: (device, retirement) => this.#onNamesake(device, retirement),
    })
    this.#fleet = fleet
    const planner = new PlanningThread()
    this.#planner = planner
    const measurements = new Measurements({ fleet, now })
    this.#measurements = measurements
    this.#events = new Events({ control, topics, onError })
    const shelf = { repository, engine, store, folder: config.state, control, topics, now, onError }
    const models = new ModelShelf(shelf)
    this.#models = models
    const deployments = new Deployments({
      ...{ coordinator: config.id, engine, fleet, control, topics, minIntensity, readyTimeoutMs },
      ...{ planner, measurements, onError, now, capacity: config.maxPlans, replanAfterMs },
      onPlan: (entry, deployment) => {
        models.onPlan(entry, deployment)
        this.#events.planChanged(entry.name, deployment)
      },
    })
    this.#deployments = deployments
    const stages = {
      ...{ data, control, topics, fleet, measurements, router: this.#router, now },
      ...{ subtaskTimeoutMs, maxOutstanding, onError },
      onWrong: (wrong: WrongResult & { stage: number }) => this.#onWrong(wrong),
    }
    const audits = new Audits()
    const answering = { config, models, deployments, stages, audits, measurements, now }
    this.#intake = new Intake({
      ...{ config, topics, requests, now, onDrop },
      answer: request => answerRequest(request, { ...answering, goal: () => this.#goal() }),
      onFailure: onError,
    })
    this.#presence = new Presence({
      ...{ version, topics, control, heartbeatMs, onError },
      condition: () => this.#condition(),
    })
    const { id, blobChunkBytes } = config
    this.#blobs = new BlobServer({
      ...{ stores: [store], transport: data, topics, coordinator: id },
      maxRangeBytes: blobChunkBytes,
      onDrop: ({ code, topic }) => this.#count('blobGet', code, topic),
    })
  }

  /** Whether its engine is idle or answers, if slowly. */
  isProgressing(): boolean {
    return this.#engine.busyMs < this.#options.config.stuckAfterMs
  }

  async stop(): Promise<void> {
    await this.#intake.stop()
    this.#fleet.stop()
    await this.#blobs.stop()
    const deploymentsEnd = this.#deployments.close()
    await this.#planner.close()
    await deploymentsEnd
    await this.#presence.leave()
    await this.#engine.close()
  }

  /** A coordinator that cannot time its engine learns from what it computes. */
  async #measure(): Promise<void> {
    await this.#measurements
      .start(this.#engine)
      .catch(error => this.#report('timing the engine', error))
  }

  /** What plans are chosen for: each answer soon, or, when requests queue, many of them. */
  #goal(): Goal {
    const type = this.#loadGoal.note(this.#intake.load.waiting, now())
    return type === 'latency' ? { type } : { type, running: this.#options.config.maxRunning }
  }

  async #start(): Promise<void> {
    const { control, data, topics, config } = this.#options
    this.#fleet.onChange(change => this.#events.fleetChanged(change))
    await this.#fleet.start()
    await this.#blobs.start()
    for (const filter of topics.filters('deviceResults', { coordinator: config.id })) {
      await data.subscribe(filter, (topic, payload) => this.#onDeviceFrame(topic, payload))
    }
    // Whoever hears that the coordinator is there sends at once what has no answer yet.
    await this.#intake.start()
    await new Promise<void>(resolve => {
      // What the loss of the connection makes fail is done anew when it is back.
      const onError = (error: unknown) => {
        if (control.connected) this.#report('announcing the coordinator', error)
      }
      watchConnections(this.#options, {
        onComplete: session => {
          this.#models.republish()
          this.#deployments.askAgain()
          this.#presence.born(session).then(resolve, onError)
        },
        onIncomplete: () => void this.#presence.pause().catch(onError),
      })
    })
    this.#models.prepareAll().catch(error => this.#report('preparing the models', error))
  }

  #onDeviceFrame(topic: string, payload: Uint8Array): void {
    const parsed = this.#options.topics.parse(topic)
    if (parsed?.kind !== 'deviceResults') return
    const { device } = parsed
    try {
      const { header, tensors } = decodeFrame(payload)
      switch (header.type) {
        case 'result':
        case 'failure':
          return this.#onAnswer({
            ...{ device, header, bytes: payload.byteLength },
            tensors: tensors as EngineTensor[],
          })
        case 'ready':
          return this.#deployments.byPlan(header.plan)?.onReady(device, header.session)
        case 'refused': {
          const { plan, message } = header
          const deployment = this.#deployments.byPlan(plan)
          // Who is told to forget a plan refuses it; that is nobody's trouble.
          if (deployment) this.#report(`plan on ${device}`, new Error(message))
          return deployment?.onRefused(device, message)
        }
        default:
          this.#count('deviceResults', 'ERR_WRONG_FRAME', `a ${header.type} frame from ${device}`)
      }
    } catch (error) {
      this.#drop('deviceResults', error)
    }
  }

  /** A device that does not know the plan has been restarted or has thrown it out: tell it again. */
  #onAnswer(answer: Parameters<ResultRouter['route']>[0]): void {
    const { device, header, bytes } = answer
    const result = header.type === 'result' ? header : undefined
    this.#measurements.answered(device, result, bytes)
    if (header.type === 'failure' && header.code === 'ERR_UNKNOWN_PLAN') {
      this.#deployments.byPlan(header.plan)?.announce(device)
    }
    const routed = this.#router.route(answer)
    if (routed === 'taken' || routed === 'late') return
    const code = routed === 'replayed' ? 'ERR_REPLAYED' : 'ERR_NOT_ASKED'
    this.#count('deviceResults', code, `a ${header.type} of ${device} for row ${header.row}`)
  }

  #onWrong({ device, row, stage, deviation }: WrongResult & { stage: number }): void {
    const size = Number.isNaN(deviation) ? 'not a number' : deviation.toPrecision(2)
    const reason = `it returned wrong numbers for row ${row} of stage ${stage}: off by ${size} of the largest`
    if (!this.#fleet.quarantine(device, reason)) return
    this.#events.quarantined(device, reason)
    this.#options.logger.error('device quarantined', { device, reason })
  }

  /** MQTT would have them throw each other out for ever: the one that came later has to go. */
  #onNamesake(device: string, { instance, isNew }: Retirement): void {
    const { control, topics, logger } = this.#options
    const reason = `another device is named "${device}": give each a name of its own (device.id)`
    const message = encodeControl({ type: 'retire', instance, reason })
    control
      .publish(topics.control({ device }), message, { qos: 1, timeoutMs: 5000 })
      .catch(error => this.#report(`sending one of two named ${device} away`, error))
    if (!isNew) return
    this.#events.duplicate(device, reason)
    logger.error('two devices of one name', { device, instance, code: 'ERR_DUPLICATE_ID' })
  }

  #condition(): Condition {
    this.#lagMs = this.#options.lagMs()
    this.#fleet.lag(this.#lagMs)
    const { control, data, requests } = this.#options
    const devices = this.#fleet.counts()
    const spare = devices.online - (this.#deployments.latest?.needed ?? 0)
    const inferences = { ...this.#intake.load, ...this.#intake.counts }
    return {
      devices,
      spare,
      inferences,
      ...{ goal: this.#goal().type, ...this.#measurements.health },
      eventLoopLagMs: this.#lagMs,
      dropped: this.#drops.total + control.dropped + data.dropped + requests.dropped,
    }
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
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'ERR_INTERNAL'
    const reason = error instanceof Error ? error.message : String(error)
    this.#options.logger.warn(`${what} failed`, { code, reason })
  }
}
