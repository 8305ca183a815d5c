import { RecentKeys } from './recent-keys.ts'

/** What makes a subtask unique. */
export interface SubtaskId {
  readonly inference: string
  readonly stage: number
  readonly row: number
  readonly attempt: number
}

export interface DeviceQueueOptions {
  /** Subtasks that may wait beside the one that runs. */
  readonly maxWaiting: number
}

export type DeviceQueueEvent =
  | {
      readonly type: 'subtask'
      readonly id: SubtaskId
      /** Plan whose stage it is. */
      readonly plan: string
      /** How long from now it is worth starting. */
      readonly timeoutMs: number
    }
  | { readonly type: 'cancel' | 'finished'; readonly id: SubtaskId }
  | { readonly type: 'drain' | 'tick' }

export type DropReason = 'cancelled' | 'expired' | 'duplicate' | 'full' | 'draining'

export type DeviceQueueEffect =
  | { readonly type: 'run'; readonly id: SubtaskId }
  /** Forget its tensors; if it runs, its result. `duplicate`: only those that came just now. */
  | { readonly type: 'drop'; readonly id: SubtaskId; readonly reason: DropReason }
  /** Nothing runs and nothing waits any longer; said when it comes to that and when draining starts. */
  | { readonly type: 'idle' }

export interface DeviceQueueSnapshot {
  readonly running: SubtaskId | undefined
  readonly waiting: readonly SubtaskId[]
  readonly plans: readonly string[]
  readonly isDraining: boolean
}

interface Subtask {
  readonly id: SubtaskId
  readonly plan: string
  readonly expiresAt: number
}

/** Subtasks remembered after they ended, so that copies and overtaken cancellations are told. */
const REMEMBERED = 256

/**
 * The subtasks of one device, run one at a time in the order they came.
 *
 * A cancellation travels on another connection than the subtask and may overtake it, so those that
 * name an unknown subtask are remembered. A run cannot be interrupted: a cancelled one is dropped
 * at once and holds its place until it has finished.
 *
 * Invariants:
 * - between a `run` and its `finished` there is no other `run`
 * - every subtask ends in exactly one `run` or `drop`, a cancelled run in both
 * - expired and cancelled work is never started; nothing new is taken while draining
 */
export class DeviceQueue {
  readonly #maxWaiting: number
  readonly #waiting = new Map<string, Subtask>()
  readonly #ended = new RecentKeys(REMEMBERED)
  readonly #cancelled = new RecentKeys(REMEMBERED)
  #running: Subtask | undefined
  #isDraining = false

  constructor({ maxWaiting }: DeviceQueueOptions) {
    this.#maxWaiting = maxWaiting
  }

  step(event: DeviceQueueEvent, now: number): DeviceQueueEffect[] {
    const wasIdle = this.#isIdle()
    const wasDraining = this.#isDraining
    const effects = [...this.#expire(now), ...this.#take(event, now), ...this.#runNext()]
    const isNews = !wasIdle || wasDraining !== this.#isDraining
    return this.#isIdle() && isNews ? [...effects, { type: 'idle' }] : effects
  }

  /** When the next waiting subtask expires. */
  get deadline(): number | undefined {
    const expiries = [...this.#waiting.values()].map(({ expiresAt }) => expiresAt)
    return expiries.length > 0 ? Math.min(...expiries) : undefined
  }

  snapshot(): DeviceQueueSnapshot {
    const waiting = [...this.#waiting.values()]
    const present = this.#running ? [this.#running, ...waiting] : waiting
    return Object.freeze({
      running: this.#running?.id,
      waiting: waiting.map(({ id }) => id),
      plans: [...new Set(present.map(({ plan }) => plan))],
      isDraining: this.#isDraining,
    })
  }

  #take(event: DeviceQueueEvent, now: number): DeviceQueueEffect[] {
    switch (event.type) {
      case 'subtask':
        return this.#accept(event, now)
      case 'cancel':
        return this.#cancel(event.id)
      case 'finished':
        return this.#finish(event.id)
      case 'drain':
        this.#isDraining = true
        return []
      case 'tick':
        return []
    }
  }

  #accept(event: DeviceQueueEvent & { type: 'subtask' }, now: number): DeviceQueueEffect[] {
    const { id, plan, timeoutMs } = event
    const reason = this.#reasonToRefuse(event)
    if (reason !== undefined) return [drop(id, reason)]
    this.#waiting.set(keyOf(id), { id, plan, expiresAt: now + timeoutMs })
    return []
  }

  #reasonToRefuse({ id, timeoutMs }: { id: SubtaskId; timeoutMs: number }): DropReason | undefined {
    const key = keyOf(id)
    if (this.#isKnown(key)) return 'duplicate'
    if (this.#cancelled.has(key)) return 'cancelled'
    if (this.#isDraining) return 'draining'
    if (timeoutMs <= 0) return 'expired'
    return this.#running && this.#waiting.size >= this.#maxWaiting ? 'full' : undefined
  }

  #isKnown(key: string): boolean {
    return this.#waiting.has(key) || this.#isRunning(key) || this.#ended.has(key)
  }

  #cancel(id: SubtaskId): DeviceQueueEffect[] {
    const key = keyOf(id)
    const isNews = !this.#ended.has(key) && !this.#cancelled.has(key)
    if (isNews) this.#cancelled.add(key)
    if (this.#waiting.has(key)) return [this.#end(key, 'cancelled')]
    return isNews && this.#isRunning(key) ? [drop(id, 'cancelled')] : []
  }

  #finish(id: SubtaskId): DeviceQueueEffect[] {
    const key = keyOf(id)
    if (!this.#isRunning(key)) return []
    this.#running = undefined
    this.#ended.add(key)
    return []
  }

  #expire(now: number): DeviceQueueEffect[] {
    const expired = [...this.#waiting].filter(([, { expiresAt }]) => expiresAt <= now)
    return expired.map(([key]) => this.#end(key, 'expired'))
  }

  /** Drops a waiting subtask. */
  #end(key: string, reason: DropReason): DeviceQueueEffect {
    const { id } = this.#waiting.get(key)!
    this.#waiting.delete(key)
    this.#ended.add(key)
    return drop(id, reason)
  }

  #runNext(): DeviceQueueEffect[] {
    const [next] = this.#waiting
    if (this.#running || !next) return []
    const [key, subtask] = next
    this.#waiting.delete(key)
    this.#running = subtask
    return [{ type: 'run', id: subtask.id }]
  }

  #isRunning(key: string): boolean {
    return this.#running !== undefined && keyOf(this.#running.id) === key
  }

  #isIdle(): boolean {
    return !this.#running && this.#waiting.size === 0
  }
}

function drop(id: SubtaskId, reason: DropReason): DeviceQueueEffect {
  return { type: 'drop', id, reason }
}

/** Identifiers hold no slash, so that no two subtasks share a key. */
function keyOf({ inference, stage, row, attempt }: SubtaskId): string {
  return `${inference}/${stage}/${row}/${attempt}`
}
