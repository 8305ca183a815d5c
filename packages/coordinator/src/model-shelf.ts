import { join } from 'node:path'
import type { BlobStore } from '@cocoi/blobs'
import type { Engine } from '@cocoi/engine'
import {
  type ModelEntry,
  type ModelRepository,
  type PreparedModel,
  prepareModel,
} from '@cocoi/models'
import { encodeModelState, type ModelState, type Topics } from '@cocoi/protocol'
import type { Transport } from '@cocoi/transport'
import type { Deployment } from './deployment.ts'
import { describeError } from './errors.ts'

export interface ModelShelfOptions {
  readonly repository: ModelRepository
  readonly engine: Engine
  readonly store: BlobStore
  /** Folder of the coordinator's own state. */
  readonly folder: string
  readonly control: Transport
  readonly topics: Topics
  readonly now: () => number
  readonly onError: (what: string, error: unknown) => void
}

/** Under many requests the disk is looked at no more often than this. */
const lookAgainAfterMs = 100

/** A model as it was found in the repository, ready to be planned and run. */
export interface FoundModel {
  readonly entry: ModelEntry
  readonly prepared: PreparedModel
}

interface Slot {
  readonly fingerprint: string
  readonly preparing: Promise<PreparedModel>
}

/**
 * The models of the repository, prepared at most once per version, and what is known of them on
 * their retained topics. A model that is added, replaced or removed is noticed at the next request, if
 * that does not come at once after another one.
 */
export class ModelShelf {
  readonly #options: ModelShelfOptions
  readonly #slots = new Map<string, Slot>()
  readonly #looks = new Map<string, { at: number; looking: Promise<ModelEntry> }>()
  readonly #states = new Map<string, ModelState>()
  /** By fingerprint, why float16 cannot carry a model's values. */
  readonly #float16Troubles = new Map<string, string>()

  constructor(options: ModelShelfOptions) {
    this.#options = options
  }

  /** Prepares every model of the repository, one after the other; a failure is told, not thrown. */
  async prepareAll(): Promise<void> {
    const { repository, onError } = this.#options
    const onProblem = (name: string, error: Error) => onError(`reading the model ${name}`, error)
    for (const entry of await repository.list(onProblem)) {
      await this.#prepared(entry).catch(() => undefined) // told on the model's topic
    }
  }

  /** @throws {ModelError} ERR_UNKNOWN_MODEL and whatever makes a model unusable */
  async find(name: string): Promise<FoundModel> {
    const entry = await this.#look(name)
    return { entry, prepared: await this.#prepared(entry) }
  }

  /** What lies in the repository under this name. */
  #look(name: string): Promise<ModelEntry> {
    const { repository, now } = this.#options
    const last = this.#looks.get(name)
    if (last && now() - last.at < lookAgainAfterMs) return last.looking
    const looking = repository.find(name)
    this.#looks.set(name, { at: now(), looking })
    looking.catch(() => this.#looks.delete(name)) // thrown by whoever asked
    return looking
  }

  /** Why this model is computed with float32 on the wire whatever is asked; undefined if it is not. */
  float16Trouble({ fingerprint }: ModelEntry): string | undefined {
    return this.#float16Troubles.get(fingerprint)
  }

  rememberFloat16Trouble({ fingerprint }: ModelEntry, reason: string): void {
    this.#float16Troubles.set(fingerprint, reason)
  }

  /** Tells how a model is distributed. */
  onPlan({ name, version }: ModelEntry, deployment: Deployment): void {
    const { plan, scheme, devices, goal } = deployment
    const why = plan.why === undefined ? {} : { goal, why: plan.why }
    const flops = plan.stages.reduce((sum, stage) => sum + stage.layout.flops, 0)
    const stages = plan.stages.length
    const summary = { kind: plan.kind, scheme, devices, stages, transport: plan.transport, flops }
    this.#publish({
      name,
      version,
      state: 'ready',
      summary: { ...summary, ...why, notes: [...plan.notes] },
    })
  }

  /** Publishes the retained states again, for a broker that has forgotten them. */
  republish(): void {
    for (const state of this.#states.values()) this.#publish(state)
  }

  #prepared(entry: ModelEntry): Promise<PreparedModel> {
    const { name, version, fingerprint } = entry
    const known = this.#slots.get(name)
    if (known && known.fingerprint === fingerprint) return known.preparing
    this.#publish({ name, version, state: 'loading' })
    const { engine, store, folder } = this.#options
    const cacheFolder = join(folder, 'prepared')
    const preparing = prepareModel(entry, { engine, store, cacheFolder })
    this.#slots.set(name, { fingerprint, preparing })
    preparing.then(
      () => this.#publish({ name, version, state: 'ready' }),
      error => {
        this.#slots.delete(name)
        const { code, message } = describeError(error)
        this.#publish({ name, version, state: 'failed', reason: `${code}: ${message}` })
      },
    )
    return preparing
  }

  #publish(state: ModelState): void {
    const { control, topics, onError } = this.#options
    this.#states.set(state.name, state)
    if (!control.connected) return
    control
      .publish(topics.modelState({ model: state.name }), encodeModelState(state), {
        ...{ qos: 1, retain: true, timeoutMs: 10_000 },
      })
      .catch(error => onError(`publishing the state of ${state.name}`, error))
  }
}
