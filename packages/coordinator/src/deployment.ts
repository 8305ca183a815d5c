import type { Engine } from '@cocoi/engine'
import type { PreparedModel } from '@cocoi/models'
import type { Axis, TransportType } from '@cocoi/partition'
import {
  formatScheme,
  formatSchemes,
  type Goal,
  type Hindsight,
  isLeftToPlanner,
  type ModelPlan,
  type SchemeRequest,
  type StageLoad,
  type Work,
} from '@cocoi/planner'
import { type Control, encodeControl, type Plan, type Topics } from '@cocoi/protocol'
import { SubtaskTimes } from '@cocoi/scheduler'
import type { Transport } from '@cocoi/transport'
import { buildExecutable, type Executable } from './executable.ts'
import type { Fleet } from './fleet.ts'
import type { Measurements } from './measurements.ts'
import { type Planned, planNow } from './planned.ts'
import { sharesOf } from './planning/is-worthwhile.ts'
import type { PlanningThread } from './planning/planning-thread.ts'
import { Readiness } from './readiness.ts'

/** How a model is to be distributed, as a request or the configuration says. */
export interface DeploymentWish {
  readonly scheme: SchemeRequest
  readonly axis: Axis
  readonly transport: TransportType
  /** What `auto` chooses for. */
  readonly goal: Goal
}

export interface DeploymentOptions {
  /** Identifier of the plan, unique for ever: devices may still hold plans of an earlier life. */
  readonly id: string
  readonly coordinator: string
  readonly prepared: PreparedModel
  readonly wish: DeploymentWish
  readonly planner: PlanningThread
  readonly engine: Engine
  readonly fleet: Fleet
  readonly control: Transport
  readonly topics: Topics
  readonly minIntensity: number
  readonly measurements: Pick<Measurements, 'fleet'>
  /** What plans for this model have taken so far. @default nothing is known */
  readonly hindsight?: Hindsight
  /** A plan made already. @default one that is made for the devices that are here */
  readonly planned?: Planned
  /** How long a device may take to fetch the weights and load the plan. */
  readonly readyTimeoutMs: number
  readonly now: () => number
  readonly onError: (what: string, error: unknown) => void
}

/**
 * One model under one plan: compiled for the coordinator, announced to the devices, and the list
 * of those that have said they are ready for it.
 */
export class Deployment {
  readonly planned: Planned
  readonly executable: Executable
  readonly #options: DeploymentOptions
  readonly #readiness: Readiness
  readonly #subtaskTimes = new Map<number, SubtaskTimes>()
  readonly #leaveFleet: () => void

  private constructor(options: DeploymentOptions, planned: Planned, executable: Executable) {
    this.#options = options
    this.planned = planned
    this.executable = executable
    const { fleet, now } = options
    this.#readiness = new Readiness({ fleet, now, onRetry: device => this.#askAgain(device) })
    this.#leaveFleet = fleet.onChange(({ type, device }) => {
      if (type === 'joined') this.announce(device)
      if (type === 'recovered') this.#askAgain(device)
      this.#readiness.check()
    })
  }

  /** Plans for the devices that are here, loads the coordinator's part and tells the devices. */
  static async create(options: DeploymentOptions): Promise<Deployment> {
    const { prepared, engine, fleet } = options
    const planned = options.planned ?? (await planNow(options))
    const { plan } = planned
    const { weightsFolder } = prepared
    const executable = await buildExecutable(prepared.graph, plan, { engine, weightsFolder })
    const deployment = new Deployment(options, planned, executable)
    for (const device of fleet.available()) deployment.announce(device)
    return deployment
  }

  get id(): string {
    return this.#options.id
  }

  get plan(): ModelPlan {
    return this.planned.plan
  }

  /** Devices that were here when the plan was made. */
  get devices(): number {
    return this.planned.fleet.devices.length
  }

  get goal(): Goal['type'] {
    return this.#options.wish.goal.type
  }

  /**
   * The scheme in use: that of the stage with the most pieces, since small layers take fewer; those of
   * all stages where the planner chose.
   */
  get scheme(): string {
    const { scheme } = this.#options.wish
    const isChosen = isLeftToPlanner(scheme) && this.plan.kind === 'stages'
    if (isChosen) return formatSchemes(this.plan.stages)
    const [widest] = this.plan.stages.map(({ code }) => code).sort((a, b) => b.k - a.k)
    return widest ? formatScheme(widest.scheme) : this.plan.kind
  }

  /** So many devices must stay for all to go on unhindered. */
  get needed(): number {
    if (this.plan.kind === 'whole') return 1
    return Math.max(0, ...this.plan.load.stages.map(stage => neededDevices(stage, this.devices)))
  }

  /** Sends the plan to a device; it answers `ready` or `refused`. */
  announce(device: string): void {
    if (this.plan.kind === 'local') return
    this.#readiness.asked(device)
    this.#tell(device, { type: 'plan', plan: this.#message() })
  }

  onReady(device: string, session: number): void {
    this.#readiness.ready(device, session)
  }

  onRefused(device: string, reason: string): void {
    this.#readiness.refused(device, reason)
  }

  isReady(device: string): boolean {
    return this.#readiness.isReady(device)
  }

  /** Told of every device that becomes ready from now on. */
  onDeviceReady(listener: (device: string) => void): () => void {
    return this.#readiness.onReady(listener)
  }

  /** Times of the subtasks of a stage under this plan, over all inferences. */
  subtaskTimes(stage: number): SubtaskTimes {
    const times = this.#subtaskTimes.get(stage) ?? new SubtaskTimes()
    this.#subtaskTimes.set(stage, times)
    return times
  }

  /** Rows of each device in a stage; undefined where all have the same share. */
  placesOf(stage: number): Readonly<Record<string, number>> | undefined {
    const rows = this.#loadOf(stage).rowsPerDevice
    return rows && sharesOf(this.planned.fleet, rows)
  }

  /** What one subtask of a stage is. */
  workOf(stage: number): Work {
    return this.#loadOf(stage).subtask
  }

  /** Why devices do not take part, for the result's notes. */
  get refusals(): string[] {
    const quarantined = [...this.#options.fleet.quarantined]
    const untrusted = quarantined.map(([device, reason]) => `${device} gets no work: ${reason}`)
    return [...this.#readiness.refusals, ...untrusted]
  }

  /** Whether it can take the place of another plan; who is not ready yet joins later. */
  get isLoaded(): boolean {
    return this.plan.kind === 'local' || this.#readiness.isMostlyReady(this.devices)
  }

  /** Waits for devices, see `Readiness`; never longer than they may take to load a plan. */
  async settled(signal: AbortSignal, patienceMs: number): Promise<void> {
    if (this.plan.kind === 'local') return
    await this.#readiness.settled(signal, Math.min(patienceMs, this.#options.readyTimeoutMs))
  }

  async release(): Promise<void> {
    this.#leaveFleet()
    this.#readiness.close()
    for (const device of this.#options.fleet.available()) {
      this.#tell(device, { type: 'release', plan: this.id })
    }
    await this.executable.release()
  }

  #loadOf(stage: number) {
    return this.plan.load.stages.find(({ id }) => id === stage)!
  }

  /** Asks everybody who is not ready again: what they said while nobody listened is lost. */
  askAgain(): void {
    for (const device of this.#options.fleet.available()) this.#askAgain(device)
  }

  /** A device may not have been here when the plan was announced, or may have refused it. */
  #askAgain(device: string): void {
    const { fleet } = this.#options
    if (fleet.session(device) !== undefined && !this.isReady(device)) this.announce(device)
  }

  #tell(device: string, message: Control): void {
    const { control, topics, onError } = this.#options
    control
      .publish(topics.control({ device }), encodeControl(message), { qos: 1, timeoutMs: 10_000 })
      .catch(error => onError(`telling ${device} to ${message.type} ${this.id}`, error))
  }

  #message(): Plan {
    const { id, coordinator, prepared } = this.#options
    const stages = this.executable.steps.map(({ step: { spec } }) => {
      return { ...spec, work: this.workOf(spec.id) }
    }) as Plan['stages']
    return { id, coordinator, model: prepared.graphSha, transport: this.plan.transport, stages }
  }
}

/** Where devices have unequal shares, the largest may be lost as long as the others have k rows. */
function neededDevices({ code, rowsPerDevice }: StageLoad, devices: number): number {
  if (!rowsPerDevice) return code.k
  let spareRows = code.n - code.k
  const largestFirst = [...rowsPerDevice].sort((a, b) => b - a)
  const lost = largestFirst.findIndex(rows => {
    spareRows -= rows
    return spareRows < 0
  })
  return devices - lost
}
