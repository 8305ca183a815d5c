import { addWork, noWork, type PlanLoad, type StageLoad } from '@cocoi/planner'
import type { SubtaskId } from '@cocoi/scheduler'
import type { Reply } from './device.ts'
import type { Change } from './roster.ts'
import { type StageEnd, StageRun } from './stage-run.ts'
import { compute, type World } from './world.ts'

/** Times of one stage of one inference, in milliseconds, as the coordinator reports them. */
export interface StagePhases {
  readonly id: number
  readonly headMs: number
  readonly waitMs: number
  readonly decodeMs: number
}

export interface InferenceOptions {
  readonly id: string
  readonly plan: PlanLoad
  readonly deadlineAt: number
  /** The way of the answers. */
  readonly reply: Reply
  readonly onStage: (phases: StagePhases, late: readonly string[]) => void
  /** Called when the rows of a stage have been sent. */
  readonly onSent: (index: number) => void
  readonly done: (ok: boolean) => void
}

/** One inference: head graph, subtasks away and side graph meanwhile, decoding, and on; the tail. */
export class InferenceRun {
  readonly #world: World
  readonly #options: InferenceOptions
  #stage: StageRun | undefined

  constructor(world: World, options: InferenceOptions) {
    this.#world = world
    this.#options = options
  }

  start(): void {
    this.#step(0, noWork)
  }

  onAnswer(id: SubtaskId, device: string, code?: string): void {
    if (this.#stage?.id === id.stage) this.#stage.answer(id, device, code)
  }

  onChange(type: Change, device: string): void {
    this.#stage?.feed({ type, device })
  }

  /** @param left joining the pieces of the stage before: it is part of this stage's head graph */
  #step(index: number, left: typeof noWork): void {
    const { plan, done } = this.#options
    const load = plan.stages[index]
    if (!load) return compute(this.#world, addWork(left, plan.tail), () => done(true))
    const startedAt = this.#world.agenda.now
    compute(this.#world, addWork(left, load.head, load.encode), () => {
      const headMs = this.#world.agenda.now - startedAt
      this.#send(load, end => this.#decode(index, load, { headMs, ...end }), index)
    })
  }

  /** Waits for the results of the stage and for the side graph. */
  #send(load: StageLoad, then: (end: StageEnd & { sentAt: number }) => void, index: number): void {
    const sentAt = this.#world.agenda.now
    let open = 2
    let ended: StageEnd | undefined
    const settle = () => {
      open -= 1
      if (open === 0) then({ ...ended!, sentAt })
    }
    const { id: inference, deadlineAt, reply } = this.#options
    const finished = (end: StageEnd) => {
      this.#stage = undefined
      ended = end
      settle()
    }
    const stage = { inference, deadlineAt, reply, done: finished }
    this.#stage = new StageRun(this.#world, load, stage)
    this.#stage.start()
    this.#options.onSent(index)
    compute(this.#world, load.side, settle)
  }

  #decode(
    index: number,
    load: StageLoad,
    end: StageEnd & { headMs: number; sentAt: number },
  ): void {
    if (!end.ok) return this.#options.done(false)
    const { agenda, fleet } = this.#world
    const decodedFrom = agenda.now
    const decoded = () => {
      const { headMs, sentAt, late } = end
      const times = { headMs, waitMs: decodedFrom - sentAt, decodeMs: agenda.now - decodedFrom }
      this.#options.onStage({ id: load.id, ...times }, late)
      this.#step(index + 1, load.assemble)
    }
    compute(this.#world, load.decode(end.missing), decoded, fleet.coordinator.perDecodeMs)
  }
}
