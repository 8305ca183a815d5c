import type { Plan } from '@cocoi/protocol'
import { AgentError } from './errors.ts'
import type { LoadedPlan, LoadedStage } from './loaded-plan.ts'

interface Entry {
  readonly loading: Promise<LoadedPlan>
  readonly abort: AbortController
  loaded: LoadedPlan | undefined
}

/**
 * The plans this device is prepared for, at most `capacity`; the one unused for longest gives way.
 * A coordinator that died without releasing its plans therefore costs a bounded amount of memory.
 */
export class PlanShelf {
  readonly #capacity: number
  readonly #load: (plan: Plan, signal: AbortSignal) => Promise<LoadedPlan>
  /** Least recently used first. */
  readonly #entries = new Map<string, Entry>()

  constructor(capacity: number, load: (plan: Plan, signal: AbortSignal) => Promise<LoadedPlan>) {
    this.#capacity = capacity
    this.#load = load
  }

  /** Prepares for a plan; one that is here or under way is not loaded twice. */
  async prepare(plan: Plan): Promise<LoadedPlan> {
    const known = this.#entries.get(plan.id)
    if (known) return known.loading
    const abort = new AbortController()
    const loading = this.#makeRoom().then(() => {
      abort.signal.throwIfAborted()
      return this.#load(plan, abort.signal)
    })
    const entry: Entry = { loading, abort, loaded: undefined }
    this.#entries.set(plan.id, entry)
    try {
      entry.loaded = await loading
      return entry.loaded
    } catch (error) {
      if (this.#entries.get(plan.id) === entry) this.#entries.delete(plan.id)
      throw error
    }
  }

  /** @throws {AgentError} ERR_UNKNOWN_PLAN if the plan is not loaded or has no such stage */
  stage(plan: string, stage: number): LoadedStage {
    const entry = this.#entries.get(plan)
    const found = entry?.loaded?.stages.get(stage)
    if (!entry || !found) {
      const message = `this device has no plan ${plan} with a stage ${stage} loaded`
      throw new AgentError('ERR_UNKNOWN_PLAN', message)
    }
    this.#entries.delete(plan)
    this.#entries.set(plan, entry)
    return found
  }

  async release(plan: string): Promise<void> {
    const entry = this.#entries.get(plan)
    if (!entry) return
    this.#entries.delete(plan)
    entry.abort.abort()
    await entry.loading.then(
      loaded => loaded.release(),
      () => undefined, // whoever asked for the plan has been told
    )
  }

  /** Plans that are ready, to be told to a coordinator after a reconnect. */
  loaded(): Plan[] {
    const plans = [...this.#entries.values()].map(({ loaded }) => loaded?.plan)
    return plans.filter(plan => plan !== undefined)
  }

  async releaseAll(): Promise<void> {
    for (const plan of [...this.#entries.keys()]) await this.release(plan)
  }

  /** Takes the oldest off the shelf at once, for one that is about to be put there. */
  async #makeRoom(): Promise<void> {
    const excess = this.#entries.size - this.#capacity + 1
    const oldest = [...this.#entries.keys()].slice(0, Math.max(0, excess))
    await Promise.all(oldest.map(plan => this.release(plan)))
  }
}
