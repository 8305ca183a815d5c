import { type Fleet, type LatencySummary, type PlanLoad, summarise } from '@cocoi/planner'
import {
  Admission,
  type AdmissionEffect,
  type AdmissionEvent,
  BusyDevices,
  type SubtaskId,
  SubtaskTimes,
} from '@cocoi/scheduler'
import { Agenda } from './agenda.ts'
import { Chance } from './chance.ts'
import { Device } from './device.ts'
import { Failures } from './failures.ts'
import { InferenceRun } from './inference-run.ts'
import { PhaseMeans } from './phase-means.ts'
import { type Change, Roster } from './roster.ts'
import { type Scenario, underScenario } from './scenario.ts'
import { Server } from './server.ts'
import { Wire } from './wire.ts'
import { Decoders, type Limits, type World } from './world.ts'

export interface SimulationOptions {
  /** A plan's numbers: `load` of `planModel`. */
  readonly plan: PlanLoad
  readonly fleet: Fleet
  readonly scenario: Scenario
  readonly requests: number
  readonly seed: number
  /** Time between two requests. @default the next one follows the answer */
  readonly everyMs?: number | undefined
  readonly limits?: Partial<Limits> | undefined
}

export interface SimulationResult {
  /** Of the requests that were answered, in the order of the answers. */
  readonly latenciesMs: readonly number[]
  readonly latency: LatencySummary
  /** Requests without an answer. */
  readonly failed: number
  /** Means by stage. */
  readonly stages: PhaseMeans['stages']
  /** How often others were faster, by device. */
  readonly late: Readonly<Record<string, number>>
  /** From the first request to the last answer. */
  readonly durationMs: number
  /** Events that took place: the size of the simulation. */
  readonly events: number
}

/** As in the configuration, but with time enough for a slow runtime. */
const defaults: Limits = {
  ...{ maxOutstanding: 2, subtaskTimeoutMs: 10_000, deadlineMs: 600_000 },
  ...{ heartbeatMs: 1000, maxRunning: 2, maxWaiting: 64 },
  maxAmplification: Number.POSITIVE_INFINITY,
}

/**
 * Runs inferences of a plan on virtual time: the scheduler's machines are the real ones, engines,
 * links and devices are queues with the times of the fleet's profiles. The same options give the
 * same result.
 */
export function simulate(options: SimulationOptions): SimulationResult {
  return new Simulation(options).run()
}

class Simulation {
  readonly #options: SimulationOptions
  readonly #world: World
  readonly #admission: Admission
  readonly #failures: Failures
  readonly #running = new Map<string, InferenceRun>()
  readonly #sentAt = new Map<string, number>()
  readonly #latencies: number[] = []
  readonly #phases = new PhaseMeans()
  readonly #late = new Map<string, number>()
  #sent = 0
  #failed = 0

  constructor(options: SimulationOptions) {
    const limits = { ...defaults, ...options.limits }
    const { maxRunning, maxWaiting } = limits
    this.#options = options
    this.#world = this.#build(limits)
    this.#failures = new Failures(this.#world, options.scenario, options.plan)
    const memory = { rememberMs: 0, maxRemembered: 0, maxRememberedBytes: 0 }
    const maxWaitingBytes = Number.MAX_SAFE_INTEGER
    this.#admission = new Admission({ maxRunning, maxWaiting, maxWaitingBytes, ...memory })
  }

  run(): SimulationResult {
    const { agenda } = this.#world
    const { requests, everyMs } = this.#options
    if (everyMs === undefined) this.#request()
    else for (let i = 0; i < requests; i++) agenda.at(i * everyMs, () => this.#request())
    agenda.run(() => this.#latencies.length + this.#failed >= requests)
    return {
      latenciesMs: this.#latencies,
      latency: summarise(this.#latencies),
      failed: this.#failed,
      stages: this.#phases.stages,
      late: Object.fromEntries(this.#late),
      durationMs: agenda.now,
      events: agenda.count,
    }
  }

  #build(limits: Limits): World {
    const { seed, scenario } = this.#options
    const fleet = underScenario(this.#options.fleet, scenario)
    const agenda = new Agenda()
    const chance = (party: number) => new Chance(seed, party)
    const wire = new Wire(fleet, agenda, chance(0))
    const devices = fleet.devices.map((profile, i): [string, Device] => {
      const reply = (id: SubtaskId, code?: string) => this.#reply(profile.name, id, code)
      return [profile.name, new Device(profile, { agenda, chance: chance(2 + i), reply })]
    })
    const { heartbeatMs, maxAmplification } = limits
    const isWatched = scenario.failures > 0
    const onChange = (type: Change, device: string) => this.#onChange(type, device)
    const names = devices.map(([name]) => name)
    const times = new Map(this.#options.plan.stages.map(({ id }) => [id, new SubtaskTimes()]))
    return {
      ...{ agenda, fleet, limits, wire, engine: new Server(agenda), devices: new Map(devices) },
      roster: new Roster(names, { agenda, heartbeatMs, isWatched, onChange }),
      busy: new BusyDevices(),
      ...{ chance: chance(1), decoders: new Decoders(maxAmplification) },
      timesOf: stage => times.get(stage)!,
    }
  }

  #request(): void {
    const { agenda, limits } = this.#world
    const key = String(this.#sent++)
    this.#sentAt.set(key, agenda.now)
    const deadlineAt = agenda.now + limits.deadlineMs
    const sender = { client: 'client', model: 'model', newest: false }
    this.#feed({ type: 'request', key, ...sender, bytes: 1, deadlineAt, priority: 0 })
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

  #infer(key: string): void {
    const { plan } = this.#options
    const deadlineAt = this.#sentAt.get(key)! + this.#world.limits.deadlineMs
    const run = new InferenceRun(this.#world, {
      ...{ id: key, plan, deadlineAt },
      onStage: (phases, late) => {
        this.#phases.add(phases)
        for (const device of late) this.#late.set(device, (this.#late.get(device) ?? 0) + 1)
      },
      onSent: index => this.#failures.onSent(index),
      done: ok => {
        this.#running.delete(key)
        this.#failures.end()
        this.#feed({ type: 'finished', key })
        this.#end(key, ok)
      },
    })
    this.#running.set(key, run)
    this.#failures.begin()
    run.start()
  }

  #end(key: string, ok: boolean): void {
    const { agenda } = this.#world
    if (ok) this.#latencies.push(agenda.now - this.#sentAt.get(key)!)
    else this.#failed += 1
    this.#sentAt.delete(key)
    const { requests, everyMs } = this.#options
    if (everyMs === undefined && this.#sent < requests) agenda.in(0, () => this.#request())
  }

  /** A device answers: a result travels, a refusal is small. */
  #reply(name: string, id: SubtaskId, code?: string): void {
    const { wire, devices } = this.#world
    const { profile } = devices.get(name)!
    const arrive = () => this.#running.get(id.inference)?.onAnswer(id, name, code)
    if (code !== undefined) return wire.control(profile, arrive)
    const stage = this.#options.plan.stages.find(({ id: stageId }) => stageId === id.stage)!
    wire.fromDevice(profile, stage.bytesIn, arrive)
  }

  #onChange(type: Change, device: string): void {
    if (type === 'device-lost') this.#world.busy.lost(device)
    for (const run of [...this.#running.values()]) run.onChange(type, device)
  }
}
