import type { Engine } from '@cocoi/engine'
import type { PreparedModel } from '@cocoi/models'
import type { Axis, TransportType } from '@cocoi/partition'
import { formatScheme, type ModelPlan, planModel, type SchemeRequest } from '@cocoi/planner'
import { type Control, encodeControl, type Plan, type Topics } from '@cocoi/protocol'
import type { Transport } from '@cocoi/transport'
import { buildExecutable, type Executable, maxAmplification } from './executable.ts'
import type { Fleet } from './fleet.ts'

/** How a model is to be distributed, as a request or the configuration says. */
export interface DeploymentWish {
  readonly scheme: SchemeRequest
  readonly axis: Axis
  readonly transport: TransportType
}

export interface DeploymentOptions {
  /** Identifier of the plan, unique for ever: devices may still hold plans of an earlier life. */
  readonly id: string
  readonly coordinator: string
  readonly prepared: PreparedModel
  readonly wish: DeploymentWish
  readonly engine: Engine
  readonly fleet: Fleet
  readonly control: Transport
  readonly topics: Topics
  readonly minIntensity: number
  /** How long a device may take to fetch the weights and load the plan. */
  readonly readyTimeoutMs: number
  readonly onError: (what: string, error: unknown) => void
}

/**
 * One model under one plan: compiled for the coordinator, announced to the devices, and the list
 * of those that have said they are ready for it.
 */
export class Deployment {
  readonly plan: ModelPlan
  readonly executable: Executable
  /** Devices that were here when the plan was made. */
  readonly devices: number
  readonly #options: DeploymentOptions
  /** Session in which a device became ready; a restarted device has another. */
  readonly #ready = new Map<string, number>()
  readonly #refused = new Map<string, string>()
  readonly #waiting = new Set<() => void>()
  #hasSettled = false
  readonly #leaveFleet: () => void

  private constructor(options: DeploymentOptions, plan: ModelPlan, executable: Executable) {
    this.#options = options
    this.plan = plan
    this.executable = executable
    this.devices = options.fleet.available().length
    this.#leaveFleet = options.fleet.onChange(change => {
      if (change.type === 'joined') this.announce(change.device)
      this.#wake()
    })
  }

  /** Plans for the devices that are here, loads the coordinator's part and tells the devices. */
  static async create(options: DeploymentOptions): Promise<Deployment> {
    const { prepared, wish, engine, fleet, minIntensity } = options
    const devices = fleet.available().length
    const plan = planModel(prepared.graph, {
      ...{ ...wish, devices, minIntensity },
      maxAmplification: maxAmplification[wish.transport],
    })
    const { weightsFolder } = prepared
    const executable = await buildExecutable(prepared.graph, plan, { engine, weightsFolder })
    const deployment = new Deployment(options, plan, executable)
    for (const device of fleet.available()) deployment.announce(device)
    return deployment
  }

  get id(): string {
    return this.#options.id
  }

  /** The scheme in use: that of the stage with the most pieces, since small layers take fewer. */
  get scheme(): string {
    const [widest] = this.plan.stages.map(({ code }) => code).sort((a, b) => b.k - a.k)
    return widest ? formatScheme(widest.scheme) : this.plan.kind
  }

  /** Results that a stage needs at most: so many devices must stay for all to go on unhindered. */
  get needed(): number {
    if (this.plan.kind === 'whole') return 1
    return Math.max(0, ...this.plan.stages.map(({ code }) => code.k))
  }

  /** Sends the plan to a device; it answers `ready` or `refused`. */
  announce(device: string): void {
    if (this.plan.kind === 'local') return
    this.#ready.delete(device)
    this.#tell(device, { type: 'plan', plan: this.#message() })
  }

  onReady(device: string, session: number): void {
    this.#ready.set(device, session)
    this.#refused.delete(device)
    this.#wake()
  }

  onRefused(device: string, reason: string): void {
    this.#refused.set(device, reason)
    this.#wake()
  }

  isReady(device: string): boolean {
    const session = this.#options.fleet.session(device)
    return session !== undefined && this.#ready.get(device) === session
  }

  /** Why devices do not take part, for the result's notes. */
  get refusals(): string[] {
    return [...this.#refused].map(([device, reason]) => `${device} does not take part: ${reason}`)
  }

  /**
   * Resolves when every device that is here has answered, after the ready timeout, or on abort. Once
   * that has happened, a device that comes later is not waited for while another one is ready.
   */
  async settled(signal: AbortSignal): Promise<void> {
    if (this.plan.kind === 'local' || signal.aborted || this.#isSettled()) return
    await new Promise<void>(resolve => {
      const finish = () => {
        clearTimeout(timer)
        signal.removeEventListener('abort', finish)
        this.#waiting.delete(check)
        resolve()
      }
      const check = () => this.#isSettled() && finish()
      const timer = setTimeout(finish, this.#options.readyTimeoutMs)
      signal.addEventListener('abort', finish)
      this.#waiting.add(check)
    })
  }

  async release(): Promise<void> {
    this.#leaveFleet()
    for (const device of this.#options.fleet.available()) {
      this.#tell(device, { type: 'release', plan: this.id })
    }
    await this.executable.release()
  }

  #wake(): void {
    for (const check of [...this.#waiting]) check()
  }

  #isSettled(): boolean {
    const devices = this.#options.fleet.available()
    if (this.#hasSettled && devices.some(device => this.isReady(device))) return true
    this.#hasSettled = devices.every(device => this.isReady(device) || this.#refused.has(device))
    return this.#hasSettled
  }

  #tell(device: string, message: Control): void {
    const { control, topics, onError } = this.#options
    control
      .publish(topics.control({ device }), encodeControl(message), { qos: 1, timeoutMs: 10_000 })
      .catch(error => onError(`telling ${device} to ${message.type} ${this.id}`, error))
  }

  #message(): Plan {
    const { id, coordinator, prepared } = this.#options
    const stages = this.executable.steps.map(({ step }) => step.spec) as Plan['stages']
    return { id, coordinator, model: prepared.graphSha, transport: this.plan.transport, stages }
  }
}
