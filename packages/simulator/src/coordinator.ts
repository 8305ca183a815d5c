import type { DeviceProfile, PlanLoad } from '@cocoi/planner'
import {
  Admission,
  type AdmissionEffect,
  type AdmissionEvent,
  type SubtaskId,
} from '@cocoi/scheduler'
import { Failures } from './failures.ts'
import { InferenceRun, type StagePhases } from './inference-run.ts'
import type { Change } from './roster.ts'
import type { Scenario } from './scenario.ts'
import type { World } from './world.ts'

export interface CoordinatorOptions {
  readonly plan: PlanLoad
  readonly scenario: Scenario
  readonly onStage: (phases: StagePhases, late: readonly string[]) => void
  /** Called when a request is answered, or refused; with its latency, or undefined. */
  readonly onEnd: (ms: number | undefined) => void
}

/** The agent of a coordinator, on virtual time: the real `Admission`, and inferences of one plan. */
export class Coordinator {
  readonly #name: string
  readonly #world: World
  readonly #options: CoordinatorOptions
  readonly #admission: Admission
  readonly #failures: Failures
  readonly #running = new Map<string, InferenceRun>()
  readonly #sentAt = new Map<string, number>()
  #asked = 0

  constructor(name: string, world: World, options: CoordinatorOptions) {
    const { maxRunning, maxWaiting } = world.limits
    this.#name = name
    this.#world = world
    this.#options = options
    this.#failures = new Failures(world, options.scenario, options.plan)
    const memory = { rememberMs: 0, maxRemembered: 0, maxRememberedBytes: 0 }
    const maxWaitingBytes = Number.MAX_SAFE_INTEGER
    this.#admission = new Admission({ maxRunning, maxWaiting, maxWaitingBytes, ...memory })
  }

  request(): void {
    const { agenda, limits } = this.#world
    const key = `${this.#name}-${this.#asked++}`
    this.#sentAt.set(key, agenda.now)
    const deadlineAt = agenda.now + limits.deadlineMs
    const sender = { client: 'client', model: 'model', newest: false }
    this.#feed({ type: 'request', key, ...sender, bytes: 1, deadlineAt, priority: 0 })
  }

  onChange(type: Change, device: string): void {
    if (type === 'device-lost') this.#world.busy.lost(device)
    for (const run of [...this.#running.values()]) run.onChange(type, device)
  }

  #feed(event: AdmissionEvent): void {
    for (const effect of this.#admission.step(event, this.#world.agenda.now)) this.#perform(effect)
    const { deadline } = this.#admission
    if (event.type === 'request' && deadline !== undefined) {
      this.#world.agenda.at(deadline, () => this.#feed({ type: 'tick' }))
    }
  }

  #perform(effect: AdmissionEffect): void {
    if (effect.type === 'run') this.#infer(effect.key)
    if (effect.type === 'reject') this.#end(effect.key, false)
  }

  #infer(id: string): void {
    const { plan, onStage } = this.#options
    const run = new InferenceRun(this.#world, {
      ...{ id, plan, onStage },
      deadlineAt: this.#sentAt.get(id)! + this.#world.limits.deadlineMs,
      reply: (subtask, device, code) => this.#reply(subtask, device, code),
      onSent: index => this.#failures.onSent(index),
      done: ok => {
        this.#running.delete(id)
        this.#failures.end()
        this.#feed({ type: 'finished', key: id })
        this.#end(id, ok)
      },
    })
    this.#running.set(id, run)
    this.#failures.begin()
    run.start()
  }

  #end(key: string, ok: boolean): void {
    const ms = this.#world.agenda.now - this.#sentAt.get(key)!
    this.#sentAt.delete(key)
    this.#options.onEnd(ok ? ms : undefined)
  }

  /** A device answers: a result travels, a refusal is small. */
  #reply(id: SubtaskId, device: DeviceProfile, code?: string): void {
    const { wire } = this.#world
    const arrive = () => this.#running.get(id.inference)?.onAnswer(id, device.name, code)
    if (code !== undefined) return wire.control(device, arrive)
    const stage = this.#options.plan.stages.find(({ id: stageId }) => stageId === id.stage)!
    wire.fromDevice(device, stage.bytesIn, arrive)
  }
}
