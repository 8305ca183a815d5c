import { randomBytes } from 'node:crypto'
import type { ModelEntry, PreparedModel } from '@cocoi/models'
import { formatSchemeRequest } from '@cocoi/planner'
import { Deployment, type DeploymentOptions, type DeploymentWish } from './deployment.ts'
import { Overlaps } from './overlaps.ts'
import type { Planned } from './planned.ts'
import { Reconsideration } from './reconsideration.ts'
import { TrackRecord } from './track-record.ts'

type Shared = Omit<DeploymentOptions, 'id' | 'prepared' | 'wish' | 'hindsight' | 'planned'>

export interface DeploymentsOptions extends Shared {
  /** Deployments kept at a time; a device keeps a few more plans than that. */
  readonly capacity: number
  /** How long the fleet must have been quiet before a plan is made anew for its new size. */
  readonly replanAfterMs: number
  readonly onPlan: (entry: ModelEntry, deployment: Deployment) => void
}

/** What a deployment is made of. */
interface Ingredients {
  readonly entry: ModelEntry
  readonly prepared: PreparedModel
  readonly wish: DeploymentWish
}

interface Slot {
  readonly creating: Promise<Deployment>
  readonly fingerprint: string
  readonly record: TrackRecord
  deployment: Deployment | undefined
  users: number
  /** Requests that had all devices for themselves and are answered. */
  answers: number
  retired: boolean
  /** Since when the fleet has had another size. */
  outgrownAt: number | undefined
  /** Whether a plan for the fleet's new size is being made. */
  renewing: boolean
  /** Until then none is made, since the last one was not loaded. */
  restsUntil: number
}

const newSlot = {
  ...{ deployment: undefined, users: 0, answers: 0, retired: false },
  ...{ outgrownAt: undefined, renewing: false, restsUntil: Number.NEGATIVE_INFINITY },
}

/**
 * A plan of the wrong size is not kept for longer than so many quiet times, however restless the fleet; after
 * as many, one that the devices have not loaded is followed by another.
 */
const maxUnrest = 5

/** So many answers under a new plan say little: graphs are loaded, and code is compiled. */
const coldAnswers = 3

/** A deployment in use; it is not released before `end` was called. */
export interface Lease {
  readonly deployment: Deployment
  /** The inference has taken so long. */
  took(ms: number): void
  end(): void
}

/**
 * The deployments by model and wish, so that requests with different schemes can alternate without
 * moving weights. Makes a plan anew when the model has changed its version; in the background, while
 * requests go on under the present plan, when the fleet has changed its size, and where the planner is to
 * choose, when something better has been found.
 */
export class Deployments {
  readonly #options: DeploymentsOptions
  /** Least recently used first. */
  readonly #slots = new Map<string, Slot>()
  readonly #byPlan = new Map<string, Deployment>()
  readonly #leaveFleet: () => void
  readonly #reconsideration: Reconsideration
  readonly #closing = new AbortController()
  readonly #renewals = new Set<Promise<void>>()
  readonly #overlaps = new Overlaps()
  #fleetChangedAt: number

  constructor(options: DeploymentsOptions) {
    this.#options = options
    this.#reconsideration = new Reconsideration(options)
    this.#fleetChangedAt = options.now()
    this.#leaveFleet = options.fleet.onChange(() => {
      this.#fleetChangedAt = options.now()
    })
  }

  /** The deployment that was used last. */
  get latest(): Deployment | undefined {
    return [...this.#slots.values()].at(-1)?.deployment
  }

  byPlan(plan: string): Deployment | undefined {
    return this.#byPlan.get(plan)
  }

  /** @throws whatever planning or loading the model throws */
  async lease(entry: ModelEntry, prepared: PreparedModel, wish: DeploymentWish): Promise<Lease> {
    const key = keyOf(entry, wish)
    const what = { entry, prepared, wish }
    const slot = this.#usable(key, entry) ?? this.#create(key, what)
    this.#slots.delete(key)
    this.#slots.set(key, slot)
    if (slot.deployment) this.#renew(key, { slot, present: slot.deployment }, what)
    slot.users += 1
    const run = this.#overlaps.begin()
    const end = () => {
      slot.users -= 1
      run.end()
      this.#releaseIfIdle(slot)
    }
    try {
      const deployment = await slot.creating
      const took = (ms: number) => {
        if (run.isAlone) this.#took(ms, deployment, slot)
      }
      return { deployment, took, end }
    } catch (error) {
      run.end()
      if (this.#slots.get(key) === slot) this.#slots.delete(key)
      throw error
    }
  }

  /** Answers count that were not disturbed: by other requests, by planning, by devices that come and go. */
  #took(tookMs: number, { planned, goal }: Deployment, slot: Slot): void {
    slot.answers += 1
    const predictedMs = this.#reconsideration.predictedMs(planned)
    const isCold = slot.answers <= coldAnswers
    const isDisturbed = this.#hasOtherSize(slot) || this.#isPlanning
    if (!predictedMs || goal !== 'latency' || isCold || isDisturbed) return
    slot.record.note(planned, { predictedMs, tookMs }, this.#options.now())
  }

  get #isPlanning(): boolean {
    return this.#reconsideration.isBusy || this.#renewals.size > 0
  }

  /** The coordinator can hear again: whoever is not ready for a plan in use is asked again. */
  askAgain(): void {
    for (const deployment of this.#byPlan.values()) deployment.askAgain()
  }

  async close(): Promise<void> {
    this.#leaveFleet()
    this.#closing.abort()
    await Promise.all([this.#reconsideration.close(), ...this.#renewals])
    const slots = [...this.#slots.values()]
    this.#slots.clear()
    for (const { deployment } of slots) await deployment?.release()
  }

  #usable(key: string, { fingerprint }: ModelEntry): Slot | undefined {
    const slot = this.#slots.get(key)
    if (!slot) return undefined
    if (slot.fingerprint === fingerprint) return slot
    this.#retire(key, slot)
    return undefined
  }

  /** Whether devices have come or gone since the plan was made. */
  #hasOtherSize({ deployment }: Slot): boolean {
    const here = this.#options.fleet.available().length
    return (deployment?.devices ?? here) !== here
  }

  /** Whether that has been so for long enough; also where one device keeps coming and going. */
  #isOutgrown(slot: Slot): boolean {
    const { now, replanAfterMs } = this.#options
    slot.outgrownAt ??= now()
    const isQuiet = now() - this.#fleetChangedAt >= replanAfterMs
    return isQuiet || now() - slot.outgrownAt >= maxUnrest * replanAfterMs
  }

  /** Requests go on under the present plan until another one is ready. */
  #renew(key: string, old: { slot: Slot; present: Deployment }, what: Ingredients): void {
    const { slot, present } = old
    const { now, replanAfterMs } = this.#options
    if (slot.renewing) return
    if (!this.#hasOtherSize(slot) || now() < slot.restsUntil) {
      slot.outgrownAt = undefined
      const { record } = slot
      this.#reconsideration.begin(present, { ...what, record }, (planned, signal) =>
        this.#adopt(key, { present, planned, signal }, what),
      )
      return
    }
    if (!this.#isOutgrown(slot)) return // who is away now may well be back soon
    slot.renewing = true
    const renewal = this.#adopt(key, { present, signal: this.#closing.signal }, what)
      .then(isAdopted => {
        if (!isAdopted) slot.restsUntil = now() + maxUnrest * replanAfterMs
      })
      .catch(error => {
        if (this.#closing.signal.aborted) return
        this.#options.onError('planning for other devices', error)
        // Whoever asks next is told why there is no plan.
        if (this.#slots.get(key) === slot) this.#retire(key, slot)
      })
      .finally(() => {
        this.#renewals.delete(renewal)
        slot.renewing = false
      })
    this.#renewals.add(renewal)
  }

  /**
   * Makes another plan, has the devices load it, and puts it in the place of the present one. That stays if
   * most of them refuse or take too long; what has arrived of the weights is not fetched again.
   */
  async #adopt(
    key: string,
    { present, planned, signal }: { present: Deployment; planned?: Planned; signal: AbortSignal },
    what: Ingredients,
  ): Promise<boolean> {
    const { prepared, wish } = what
    const id = newPlanId()
    const chosen = planned === undefined ? {} : { planned }
    const hindsight = this.#slots.get(key)?.record.hindsight(this.#options.now()) ?? {}
    const made = { id, prepared, wish, hindsight, ...chosen }
    const deployment = await Deployment.create({ ...this.#options, ...made })
    this.#byPlan.set(id, deployment)
    await deployment.settled(signal, this.#options.readyTimeoutMs)
    const isLoaded = !signal.aborted && deployment.isLoaded
    if (isLoaded && this.#replace(key, { present, deployment }, what)) return true
    this.#byPlan.delete(id)
    await deployment.release()
    return false
  }

  /** @returns false if the present one has been given up meanwhile */
  #replace(
    key: string,
    { present, deployment }: { present: Deployment; deployment: Deployment },
    { entry }: Ingredients,
  ): boolean {
    const old = this.#slots.get(key)
    if (old?.deployment !== present) return false
    this.#retire(key, old)
    const creating = Promise.resolve(deployment)
    const { fingerprint } = entry
    const { record } = old
    this.#slots.set(key, { ...newSlot, creating, fingerprint, record, deployment })
    this.#options.onPlan(entry, deployment)
    return true
  }

  #create(key: string, what: Ingredients): Slot {
    const { entry, prepared, wish } = what
    for (const [oldest, slot] of this.#slots) {
      if (this.#slots.size < this.#options.capacity) break
      this.#retire(oldest, slot)
    }
    const id = newPlanId()
    const creating = Deployment.create({ ...this.#options, id, prepared, wish })
    const { fingerprint } = entry
    const slot: Slot = { ...newSlot, creating, fingerprint, record: new TrackRecord() }
    this.#slots.set(key, slot)
    creating.then(
      deployment => {
        slot.deployment = deployment
        this.#byPlan.set(id, deployment)
        this.#options.onPlan(entry, deployment)
      },
      () => undefined, // whoever leases the slot is told
    )
    return slot
  }

  #retire(key: string, slot: Slot): void {
    this.#slots.delete(key)
    slot.retired = true
    this.#releaseIfIdle(slot)
  }

  #releaseIfIdle({ retired, users, deployment }: Slot): void {
    if (!retired || users > 0 || !deployment) return
    this.#byPlan.delete(deployment.id)
    deployment.release().catch(error => this.#options.onError('releasing a plan', error))
  }
}

function newPlanId(): string {
  return `p${randomBytes(9).toString('hex')}`
}

function keyOf({ name }: ModelEntry, { scheme, axis, transport, goal }: DeploymentWish): string {
  const choice = scheme.type === 'auto' ? [goal.type] : []
  return [name, formatSchemeRequest(scheme), axis, transport, ...choice].join(' ')
}
