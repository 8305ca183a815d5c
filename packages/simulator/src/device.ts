import { type DeviceProfile, slownessOf, type Work, workMs } from '@cocoi/planner'
import {
  DeviceQueue,
  type DeviceQueueEffect,
  type DeviceQueueEvent,
  type SubtaskId,
} from '@cocoi/scheduler'
import type { Agenda } from './agenda.ts'
import type { Chance } from './chance.ts'

/** A subtask on its way to a device. */
export interface SubtaskMessage {
  readonly id: SubtaskId
  readonly work: Work
  readonly timeoutMs: number
  readonly reply: Reply
}

/** Sends a device's answer to who asked; a failure has a code. */
export type Reply = (id: SubtaskId, device: DeviceProfile, code?: string) => void

/** The agent of a device, on virtual time: the real `DeviceQueue`, and a worker that takes time. */
export class Device {
  readonly profile: DeviceProfile
  isAlive = true
  readonly #agenda: Agenda
  readonly #chance: Chance
  readonly #held = new Map<string, SubtaskMessage>()
  #queue = new DeviceQueue({ maxWaiting: 8 })
  /** Grows with every restart: what was begun before is void. */
  #life = 0

  constructor(profile: DeviceProfile, { agenda, chance }: { agenda: Agenda; chance: Chance }) {
    this.profile = profile
    this.#agenda = agenda
    this.#chance = chance
  }

  accept(message: SubtaskMessage): void {
    if (!this.isAlive) return
    this.#held.set(keyOf(message.id), message)
    this.#feed({ type: 'subtask', plan: 'plan', id: message.id, timeoutMs: message.timeoutMs })
    const { deadline } = this.#queue
    if (deadline !== undefined) this.#agenda.at(deadline, () => this.#feed({ type: 'tick' }))
  }

  cancel(id: SubtaskId): void {
    if (this.isAlive) this.#feed({ type: 'cancel', id })
  }

  /** Loses all it has; answers nothing until it is started again. */
  stop(): void {
    this.isAlive = false
    this.#life += 1
    this.#held.clear()
  }

  start(): void {
    this.isAlive = true
    this.#queue = new DeviceQueue({ maxWaiting: 8 })
  }

  #feed(event: DeviceQueueEvent): void {
    if (!this.isAlive) return
    for (const effect of this.#queue.step(event, this.#agenda.now)) this.#perform(effect)
  }

  #perform(effect: DeviceQueueEffect): void {
    if (effect.type === 'run') this.#run(effect.id)
    if (effect.type !== 'drop') return
    const dropped = this.#take(effect.id)
    if (effect.reason === 'full') dropped?.reply(effect.id, this.profile, 'ERR_QUEUE_FULL')
  }

  #run(id: SubtaskId): void {
    const { work } = this.#held.get(keyOf(id))!
    const slowness = slownessOf(this.profile, this.#chance.exponential())
    const ms = this.profile.perSubtaskMs + workMs(work, this.profile) * slowness
    const life = this.#life
    this.#agenda.in(ms, () => {
      if (life !== this.#life) return
      // A cancelled run was dropped; it only kept its place.
      this.#take(id)?.reply(id, this.profile)
      this.#feed({ type: 'finished', id })
    })
  }

  #take(id: SubtaskId): SubtaskMessage | undefined {
    const message = this.#held.get(keyOf(id))
    this.#held.delete(keyOf(id))
    return message
  }
}

function keyOf({ inference, stage, row, attempt }: SubtaskId): string {
  return `${inference}/${stage}/${row}/${attempt}`
}
