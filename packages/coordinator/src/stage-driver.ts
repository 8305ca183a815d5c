import type { EngineTensor } from '@cocoi/engine'
import { encodeControl, encodeFrame, type Topics } from '@cocoi/protocol'
import { LOCAL, Stage, type StageEffect, type StageEvent } from '@cocoi/scheduler'
import type { Transport } from '@cocoi/transport'
import {
  type Audit,
  auditStage,
  type SignedResult,
  type SignedResults,
  type WrongResult,
} from './audit.ts'
import { computeRow } from './compute-row.ts'
import { assertFloat16Value } from './decode.ts'
import type { Deployment } from './deployment.ts'
import type { EncodedRows } from './encoded-rows.ts'
import { CoordinatorError, type CoordinatorErrorCode } from './errors.ts'
import type { ExecutableStep } from './executable.ts'
import type { Fleet, FleetChange } from './fleet.ts'
import { isResultOf } from './is-result-of.ts'
import type { Measurements } from './measurements.ts'
import type { ResultRouter, SubtaskAnswer } from './result-router.ts'
import type { StageOutcome } from './run-inference.ts'
import { SentSubtasks } from './sent-subtasks.ts'
import { Burst } from './transits.ts'

/** What all stages work with, whoever asked for the inference. */
export interface StageSurroundings {
  readonly data: Transport
  readonly control: Transport
  readonly topics: Topics
  readonly fleet: Fleet
  readonly router: ResultRouter
  /** Which devices have loaded the plan, and how long its subtasks take. */
  readonly deployment: Pick<
    Deployment,
    'isReady' | 'onDeviceReady' | 'subtaskTimes' | 'placesOf' | 'workOf'
  >
  readonly measurements: Pick<Measurements, 'byEnd' | 'isSoonerHere' | 'sent' | 'dropped'>
  readonly now: () => number
  readonly subtaskTimeoutMs: number
  readonly maxOutstanding: number
  /** Told of a device that has returned wrong numbers. */
  readonly onWrong: (wrong: WrongResult & { readonly stage: number }) => void
  readonly onError: (what: string, error: unknown) => void
}

/** One stage of one inference that is to be run. */
export interface StageWork {
  readonly step: ExecutableStep
  readonly rows: EncodedRows
  readonly inference: string
  readonly plan: string
  readonly deadlineAt: number
  readonly signal: AbortSignal
  readonly audit: Audit | undefined
}

/** What had come when the stage was complete. What comes later, while this is audited, is not in it. */
interface Completion {
  readonly results: SignedResults
  readonly late: readonly string[]
}

/**
 * Performs what the scheduler's `Stage` decides: sends frames, cancels, feeds results, deaths and
 * the time back. It holds the tensors; the machine sees numbers and ids only.
 */
export class StageDriver {
  readonly #work: StageWork
  readonly #context: StageSurroundings
  readonly #machine: Stage
  readonly #results = new Map<number, SignedResult>()
  readonly #sent: SentSubtasks
  readonly #settled: Promise<Completion>
  #resolve: (completion: Completion) => void = () => undefined
  #reject: (error: unknown) => void = () => undefined
  #timer: NodeJS.Timeout | undefined
  #bytesOut = 0
  #bytesIn = 0

  constructor(work: StageWork, context: StageSurroundings) {
    this.#work = work
    this.#context = context
    this.#settled = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    const { step, deadlineAt } = work
    const { n, k } = step.code
    const { deployment, measurements } = context
    const times = deployment.subtaskTimes(this.#id)
    this.#sent = new SentSubtasks(times)
    const subtask = deployment.workOf(this.#id)
    const helpers = context.data.connected ? this.#helpers() : []
    this.#machine = new Stage({
      rows: n,
      recoveryRows: Array.from({ length: k }, (_, j) => n + j),
      decodable: received => step.decoder.decode(received) !== undefined,
      devices: measurements.byEnd(helpers, subtask),
      maxOutstanding: context.maxOutstanding,
      places: deployment.placesOf(this.#id),
      subtaskTimeoutMs: context.subtaskTimeoutMs,
      hedgeAfterMs: times.hedgeAfterMs,
      deadlineAt,
      local: true,
      localHelps: measurements.isSoonerHere(helpers, subtask),
      audit: work.audit !== undefined,
    })
  }

  /** Resolves once the results determine the stage. */
  async run(): Promise<StageOutcome> {
    const { inference, signal } = this.#work
    const endings = this.#listen(inference)
    const onAbort = () => this.#feed({ type: 'cancel' })
    signal.addEventListener('abort', onAbort)
    try {
      this.#feed({ type: 'start' })
      if (signal.aborted) onAbort()
      const { results, late } = await this.#settled
      return this.#outcome({ results: await this.#audited(results), late })
    } finally {
      clearTimeout(this.#timer)
      signal.removeEventListener('abort', onAbort)
      for (const end of endings) end()
    }
  }

  #listen(inference: string): (() => void)[] {
    const { fleet, router, deployment, data } = this.#context
    return [
      router.register(inference, this.#id, answer => this.#onAnswer(answer)),
      fleet.onChange(change => this.#onFleet(change)),
      deployment.onDeviceReady(device => this.#feed({ type: 'device-available', device })),
      // What was under way over this connection is lost, and nothing can be sent for a while.
      data.onDisconnect(() => {
        for (const device of this.#helpers()) this.#feed({ type: 'device-lost', device })
      }),
      data.onConnect(() => {
        for (const device of this.#helpers()) this.#feed({ type: 'device-available', device })
      }),
    ]
  }

  /** Devices that are here and have loaded the plan. */
  #helpers(): string[] {
    const { fleet, deployment } = this.#context
    return fleet.available().filter(device => deployment.isReady(device))
  }

  get #id(): number {
    return this.#work.step.step.spec.id
  }

  #feed(event: StageEvent): void {
    const now = this.#context.now()
    const burst = new Burst(now)
    for (const effect of this.#machine.step(event, now)) this.#perform(effect, burst)
    this.#arm()
  }

  #arm(): void {
    clearTimeout(this.#timer)
    const { deadline } = this.#machine
    if (deadline === undefined) return
    const delayMs = Math.max(0, deadline - this.#context.now())
    // What has arrived meanwhile comes first, or a busy coordinator would hedge what is here already.
    const tick = () => setImmediate(() => this.#feed({ type: 'tick' }))
    this.#timer = setTimeout(tick, Math.ceil(delayMs))
  }

  #perform(effect: StageEffect, burst: Burst): void {
    switch (effect.type) {
      case 'dispatch':
        return this.#dispatch(effect, burst)
      case 'cancel':
        return this.#cancel(effect)
      case 'compute':
        return this.#compute(effect)
      case 'complete':
        this.#sent.complete(this.#context.now())
        return this.#resolve({ results: new Map(this.#results), late: effect.late })
      case 'fail': {
        const code = effect.code as CoordinatorErrorCode
        return this.#reject(new CoordinatorError(code, effect.message))
      }
    }
  }

  #outcome({ results, late }: Completion): StageOutcome {
    const tensors = new Map([...results].map(([row, { tensors }]) => [row, tensors]))
    const used = [...results.values()].map(({ device }) => device)
    return { results: tensors, used, late, bytesOut: this.#bytesOut, bytesIn: this.#bytesIn }
  }

  /** The results as they are if nobody is audited, otherwise right ones. */
  async #audited(results: SignedResults): Promise<SignedResults> {
    const { audit, step, rows } = this.#work
    if (audit === undefined) return results
    const finding = await auditStage(step, rows, { results, audit })
    for (const one of finding.wrong) this.#context.onWrong({ ...one, stage: this.#id })
    return finding.results
  }

  #dispatch(effect: StageEffect & { type: 'dispatch' }, burst: Burst): void {
    const { topics, data, measurements, deployment } = this.#context
    const { inference, plan } = this.#work
    const { row, attempt, device, timeoutMs } = effect
    const ids = { inference, stage: this.#id, row, attempt }
    const header = { type: 'subtask', plan, ...ids, timeoutMs } as const
    const frame = encodeFrame(header, this.#work.rows.tensors(row))
    this.#bytesOut += frame.byteLength
    this.#sent.sent(effect, this.#context.now())
    const work = deployment.workOf(this.#id)
    measurements.sent({ ...ids, device }, { bytes: frame.byteLength, work, burst })
    data.publish(topics.subtasks({ device }), frame, { qos: 0, timeoutMs }).catch(error => {
      this.#context.onError(`sending a subtask to ${device}`, error)
      this.#feed({ type: 'failure', row, attempt, device, code: 'ERR_NOT_SENT' })
    })
  }

  #cancel({ row, attempt, device }: StageEffect & { type: 'cancel' }): void {
    if (device === LOCAL) return // a run cannot be interrupted; its result is ignored
    const { topics, control, measurements } = this.#context
    const ids = { inference: this.#work.inference, stage: this.#id, row, attempt }
    measurements.dropped({ ...ids, device })
    const message = encodeControl({ type: 'cancel', ...ids })
    control
      .publish(topics.control({ device }), message, { qos: 1, timeoutMs: 5000 })
      .catch(error => this.#context.onError(`cancelling a subtask on ${device}`, error))
  }

  /** The coordinator takes the place of a device, in its own engine. */
  #compute({ row, attempt }: StageEffect & { type: 'compute' }): void {
    computeRow(this.#work.step, this.#work.rows, row)
      .then(tensors => this.#accept({ row, attempt, device: LOCAL, tensors }))
      .catch(error => {
        this.#context.onError(`computing row ${row} locally`, error)
        this.#feed({ type: 'failure', row, attempt, device: LOCAL, code: 'ERR_ENGINE_RUN' })
      })
  }

  #onAnswer(answer: SubtaskAnswer): boolean {
    const { device, header, bytes } = answer
    const { row, attempt } = header
    if (!this.#sent.isExpected({ row, attempt, device })) return false
    this.#bytesIn += bytes
    this.#take(answer)
    return true
  }

  #take({ device, header, tensors }: SubtaskAnswer): void {
    const { row, attempt } = header
    if (header.type === 'failure') {
      const { code } = header
      this.#context.onError(
        `${device} on row ${row}`,
        Object.assign(new Error(header.message), { code }),
      )
      return this.#feed({ type: 'failure', row, attempt, device, code: header.code })
    }
    const { step, transport } = this.#work.step
    if (!isResultOf(step, transport, tensors)) {
      return this.#feed({ type: 'failure', row, attempt, device, code: 'ERR_WRONG_SHAPE' })
    }
    try {
      assertFloat16Value(header.peak, `${device} computed stage ${this.#id}`)
    } catch (error) {
      this.#reject(error)
      return this.#feed({ type: 'cancel' })
    }
    this.#sent.answered({ row, attempt, device }, this.#context.now())
    this.#accept({ row, attempt, device, tensors })
  }

  #accept(result: {
    row: number
    attempt: number
    device: string
    tensors: readonly EngineTensor[]
  }): void {
    const { row, attempt, device, tensors } = result
    if (this.#results.has(row)) return
    this.#results.set(row, { device, tensors })
    this.#feed({ type: 'result', row, attempt, device })
  }

  #onFleet(change: FleetChange): void {
    const { device } = change
    if (change.type === 'lost') this.#feed({ type: 'device-lost', device })
    else if (change.type === 'suspected') this.#feed({ type: 'device-suspect', device })
    else if (this.#context.deployment.isReady(device))
      this.#feed({ type: 'device-available', device })
  }
}
