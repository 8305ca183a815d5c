import { type StageLoad, workMs } from '@cocoi/planner'
import {
  LOCAL,
  Stage,
  type StageEffect,
  type StageEvent,
  type SubtaskId,
  type SubtaskTimes,
} from '@cocoi/scheduler'
import type { Reply } from './device.ts'
import { compute, type World } from './world.ts'

/** How a stage ended. */
export interface StageEnd {
  readonly ok: boolean
  /** Pieces that have to be solved for. */
  readonly missing: number
  readonly late: readonly string[]
}

/**
 * One stage of one inference: performs what the real `Stage` decides, and feeds results, losses and
 * time back, as the coordinator's stage driver does.
 */
export class StageRun {
  readonly #world: World
  readonly #load: StageLoad
  readonly #inference: string
  readonly #machine: Stage
  readonly #received: number[] = []
  readonly #times: SubtaskTimes
  readonly #hedgeAfterMs: number | undefined
  /** Subtasks that were sent and not answered: since when. */
  readonly #sentAt = new Map<string, number>()
  #sent = 0
  readonly #reply: Reply
  readonly #done: (end: StageEnd) => void

  constructor(
    world: World,
    load: StageLoad,
    options: {
      inference: string
      deadlineAt: number
      reply: Reply
      done: (end: StageEnd) => void
    },
  ) {
    const { n, k } = load.code
    const decoder = world.decoders.of(load.code)
    this.#world = world
    this.#load = load
    this.#inference = options.inference
    this.#reply = options.reply
    this.#done = options.done
    this.#times = world.timesOf(load.id)
    this.#hedgeAfterMs = this.#times.hedgeAfterMs
    this.#machine = new Stage({
      rows: n,
      recoveryRows: Array.from({ length: k }, (_, j) => n + j),
      decodable: rows => rows.length >= k && decoder.decode(rows) !== undefined,
      devices: world.busy.byEnd(
        world.roster.available(),
        name => this.#msOn(name),
        world.agenda.now,
      ),
      maxOutstanding: world.limits.maxOutstanding,
      places: placesOf(world, load),
      subtaskTimeoutMs: world.limits.subtaskTimeoutMs,
      hedgeAfterMs: this.#hedgeAfterMs,
      deadlineAt: options.deadlineAt,
      local: true,
      localHelps: this.#localHelps(),
    })
  }

  get id(): number {
    return this.#load.id
  }

  start(): void {
    this.feed({ type: 'start' })
  }

  feed(event: StageEvent): void {
    const { agenda } = this.#world
    const before = this.#machine.deadline
    for (const effect of this.#machine.step(event, agenda.now)) this.#perform(effect)
    const { deadline } = this.#machine
    if (deadline === undefined || deadline === before) return
    agenda.at(deadline, () => this.feed({ type: 'tick' }))
  }

  /** A device has answered. */
  answer(id: SubtaskId, device: string, code?: string): void {
    const { row, attempt } = id
    if (code !== undefined) return this.feed({ type: 'failure', row, attempt, device, code })
    if (!this.#received.includes(row)) this.#received.push(row)
    this.#world.busy.answered(device, this.#world.agenda.now)
    this.#note(`${row}/${attempt}`)
    this.feed({ type: 'result', row, attempt, device })
  }

  #perform(effect: StageEffect): void {
    switch (effect.type) {
      case 'dispatch':
        return this.#dispatch(effect)
      case 'cancel':
        return this.#cancel(effect)
      case 'compute':
        return this.#compute(effect)
      case 'complete':
        this.#noteCutOff()
        return this.#done({ ok: true, missing: this.#missing(), late: effect.late })
      case 'fail':
        return this.#done({ ok: false, missing: 0, late: [] })
    }
  }

  #dispatch({ row, attempt, device: name, timeoutMs }: StageEffect & { type: 'dispatch' }): void {
    const device = this.#world.devices.get(name)!
    const { subtask: work, bytesOut } = this.#load
    const id = this.#idOf(row, attempt)
    this.#sentAt.set(`${row}/${attempt}`, this.#world.agenda.now)
    this.#world.busy.sent(name, this.#msOn(name), this.#world.agenda.now)
    this.#sent += 1
    this.#world.wire.toDevice(device.profile, bytesOut, () =>
      device.accept({ id, work, timeoutMs, reply: this.#reply }),
    )
  }

  #cancel({ row, attempt, device: name }: StageEffect & { type: 'cancel' }): void {
    const device = this.#world.devices.get(name)
    if (!device) return // the coordinator's own
    this.#world.busy.dropped(name, this.#world.agenda.now)
    this.#world.wire.control(device.profile, () => device.cancel(this.#idOf(row, attempt)))
  }

  #compute({ row, attempt }: StageEffect & { type: 'compute' }): void {
    const id = this.#idOf(row, attempt)
    compute(this.#world, this.#load.subtask, () => this.answer(id, LOCAL))
  }

  #note(attempt: string): void {
    const sentAt = this.#sentAt.get(attempt)
    if (sentAt === undefined) return
    this.#sentAt.delete(attempt)
    this.#times.note(this.#world.agenda.now - sentAt)
  }

  #noteCutOff(): void {
    const limit = this.#hedgeAfterMs ?? Number.POSITIVE_INFINITY
    const waited = [...this.#sentAt.values()].map(at => this.#world.agenda.now - at)
    this.#times.noteCutOff(
      waited.filter(ms => ms > limit),
      this.#sent,
    )
  }

  /** What a subtask takes on a device, as its profile says. */
  #msOn(name: string): number {
    const { profile } = this.#world.devices.get(name)!
    return workMs(this.#load.subtask, profile) + profile.perSubtaskMs
  }

  #localHelps(): boolean {
    const { roster, fleet } = this.#world
    const { subtask } = this.#load
    const times = roster.available().map(name => this.#msOn(name))
    return workMs(subtask, fleet.coordinator) < 2 * Math.max(0, Math.min(...times))
  }

  #missing(): number {
    return this.#world.decoders.of(this.#load.code).decode(this.#received)?.missing.length ?? 0
  }

  #idOf(row: number, attempt: number): SubtaskId {
    return { inference: this.#inference, stage: this.#load.id, row, attempt }
  }
}

/** Shares of an uneven fleet by the names of its devices. */
function placesOf(
  { fleet }: World,
  { rowsPerDevice }: StageLoad,
): Record<string, number> | undefined {
  if (!rowsPerDevice) return undefined
  return Object.fromEntries(fleet.devices.map(({ name }, i) => [name, rowsPerDevice[i]!]))
}
