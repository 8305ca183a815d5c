import type { EngineTensor } from '@cocoi/engine'
import type { Work } from '@cocoi/planner'
import type { AttemptId, FailureHeader, Frame, ResultHeader, SubtaskHeader } from '@cocoi/protocol'
import { DeviceQueue, type DeviceQueueEffect, type DeviceQueueEvent } from '@cocoi/scheduler'
import { AgentError, describeError } from './errors.ts'
import type { LoadedStage } from './loaded-plan.ts'
import type { Pace } from './pace.ts'
import type { Tardiness } from './tardiness.ts'

/** An answer to the coordinator of a plan. */
export type Answer = (
  plan: string,
  header: ResultHeader | FailureHeader,
  tensors: readonly EngineTensor[],
) => void

export interface SubtaskRunnerOptions {
  readonly maxWaiting: number
  /** Finds a loaded stage; throws AgentError ERR_UNKNOWN_PLAN. */
  readonly stage: (plan: string, stage: number) => LoadedStage
  readonly answer: Answer
  readonly pace: Pace
  readonly tardiness: Tardiness
  /** Told of every computation, also one that was cancelled meanwhile. */
  readonly onComputed: (work: Work, ms: number) => void
  readonly now: () => number
}

interface Held {
  readonly header: SubtaskHeader
  readonly tensors: readonly EngineTensor[]
  readonly arrivedAt: number
}

/** Counters since the agent started, as the heartbeat shows them. */
export interface SubtaskCounts {
  done: number
  failed: number
  cancelled: number
  expired: number
}

/** Performs what the scheduler's `DeviceQueue` decides; it holds the tensors, the machine the ids. */
export class SubtaskRunner {
  readonly counts: SubtaskCounts = { done: 0, failed: 0, cancelled: 0, expired: 0 }
  readonly #options: SubtaskRunnerOptions
  readonly #queue: DeviceQueue
  readonly #held = new Map<string, Held>()
  #timer: NodeJS.Timeout | undefined
  #idle: (() => void) | undefined
  #draining: Promise<void> | undefined

  constructor(options: SubtaskRunnerOptions) {
    this.#options = options
    this.#queue = new DeviceQueue({ maxWaiting: options.maxWaiting })
  }

  /** Subtasks that wait and that run. */
  get load(): { waiting: number; running: number } {
    const { waiting, running } = this.#queue.snapshot()
    return { waiting: waiting.length, running: running ? 1 : 0 }
  }

  /** Subtasks whose tensors are in memory: no more than wait and run. */
  get held(): number {
    return this.#held.size
  }

  accept({ header, tensors }: Frame & { header: SubtaskHeader }): void {
    const key = keyOf(header)
    const held = { header, tensors: tensors as EngineTensor[], arrivedAt: this.#options.now() }
    if (!this.#held.has(key)) this.#held.set(key, held)
    const { plan, timeoutMs } = header
    this.#feed({ type: 'subtask', id: idOf(header), plan, timeoutMs })
  }

  cancel(id: AttemptId): void {
    this.#options.tardiness.cancel(keyOf(id))
    this.#feed({ type: 'cancel', id: idOf(id) })
  }

  /** Takes no more work and resolves when what was accepted is done. */
  drain(): Promise<void> {
    this.#draining ??= new Promise<void>(resolve => {
      this.#idle = resolve
      this.#feed({ type: 'drain' })
    })
    return this.#draining
  }

  #feed(event: DeviceQueueEvent): void {
    for (const effect of this.#queue.step(event, this.#options.now())) this.#perform(effect)
    this.#arm()
  }

  #arm(): void {
    clearTimeout(this.#timer)
    const { deadline } = this.#queue
    if (deadline === undefined) return
    const delayMs = Math.ceil(Math.max(0, deadline - this.#options.now()))
    this.#timer = setTimeout(() => this.#feed({ type: 'tick' }), delayMs)
  }

  #perform(effect: DeviceQueueEffect): void {
    switch (effect.type) {
      case 'run':
        return this.#run(effect.id)
      case 'drop':
        return this.#drop(effect.id, effect.reason)
      case 'idle':
        return this.#onIdle()
    }
  }

  /** Who waits for the end of all work is not kept waiting by answers that are held back. */
  #onIdle(): void {
    if (!this.#idle) return
    this.#options.tardiness.flush()
    this.#idle()
  }

  #drop(id: AttemptId, reason: (DeviceQueueEffect & { type: 'drop' })['reason']): void {
    if (reason === 'duplicate' && this.#isPresent(id)) return
    const held = this.#held.get(keyOf(id))
    this.#held.delete(keyOf(id))
    if (reason === 'cancelled') this.counts.cancelled += 1
    if (reason === 'expired') this.counts.expired += 1
    if (!held) return
    if (reason === 'full') this.#fail(held, refusal('ERR_QUEUE_FULL', 'its queue is full'))
    if (reason === 'draining') this.#fail(held, refusal('ERR_DRAINING', 'it is about to stop'))
  }

  /** A copy of one that has ended brings its tensors once more. */
  #isPresent(id: AttemptId): boolean {
    const { running, waiting } = this.#queue.snapshot()
    const present = running ? [running, ...waiting] : waiting
    return present.some(other => keyOf(other) === keyOf(id))
  }

  #run(id: AttemptId): void {
    const held = this.#held.get(keyOf(id))!
    this.#compute(held)
      .catch((error: unknown) => {
        this.counts.failed += 1
        this.#fail(held, error)
      })
      .finally(() => {
        this.#held.delete(keyOf(id))
        this.#feed({ type: 'finished', id })
      })
  }

  async #compute(held: Held): Promise<void> {
    const { header, tensors, arrivedAt } = held
    const startedAt = this.#options.now()
    const stage = this.#options.stage(header.plan, header.stage)
    if (tensors.length !== stage.inputs.length) {
      const message = `stage ${header.stage} takes ${stage.inputs.length} tensors, got ${tensors.length}`
      throw new AgentError('ERR_WRONG_SHAPE', message)
    }
    const feeds = Object.fromEntries(stage.inputs.map((name, i) => [name, tensors[i]!]))
    const { result: ran, ms } = await this.#options.pace.take(() => stage.session.run(feeds))
    if (stage.work) this.#options.onComputed(stage.work, ms)
    const { outputs } = ran
    if (!this.#held.has(keyOf(header))) return // cancelled while it ran
    this.counts.done += 1
    const peak = stage.peak === undefined ? undefined : scalar(outputs[stage.peak]!)
    const times = { computeMs: ms, queueMs: startedAt - arrivedAt }
    const result = { type: 'result', ...planIdOf(header), ...times } as const
    const results = stage.outputs.map(name => outputs[name]!)
    this.#options.tardiness.hold(keyOf(header), ms, () =>
      this.#options.answer(header.plan, peak === undefined ? result : { ...result, peak }, results),
    )
  }

  #fail({ header }: Held, error: unknown): void {
    const failure = { type: 'failure', ...planIdOf(header), ...describeError(error) } as const
    this.#options.answer(header.plan, failure, [])
  }
}

function refusal(code: 'ERR_QUEUE_FULL' | 'ERR_DRAINING', reason: string): AgentError {
  return new AgentError(code, `this device takes no subtask now: ${reason}`)
}

function keyOf({ inference, stage, row, attempt }: AttemptId): string {
  return `${inference}/${stage}/${row}/${attempt}`
}

function idOf({ inference, stage, row, attempt }: AttemptId): AttemptId {
  return { inference, stage, row, attempt }
}

function planIdOf(header: SubtaskHeader): AttemptId & { plan: string } {
  return { plan: header.plan, ...idOf(header) }
}

function scalar({ data }: EngineTensor): number {
  const value = new DataView(data.buffer, data.byteOffset).getFloat32(0, true)
  // A NaN or infinity must reach the coordinator as out of range, and the schema takes no such number.
  return Number.isFinite(value) ? Math.abs(value) : Number.MAX_VALUE
}
