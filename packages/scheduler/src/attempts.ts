/**
 * One try of a row on a device.
 *
 * Invariants: `state` leaves `open` once and never returns; `overdue` and `expired` are set only while
 * open, and never taken back.
 */
export interface Attempt {
  readonly row: number
  /** 1 for the row's first try, on whichever device. */
  readonly attempt: number
  readonly device: string
  /** From this instant on nobody relies on it, though it may well be under way. */
  readonly overdueAt: number
  /** From this instant on nobody expects it any more, though its result is still welcome. */
  readonly expiresAt: number
  readonly state: 'open' | 'answered' | 'failed' | 'lost' | 'cancelled'
  readonly overdue: boolean
  readonly expired: boolean
  /** Why it failed. */
  readonly code: string | undefined
}

/** What names an attempt; the device is part of it, so that nobody can answer for another. */
export type AttemptKey = Pick<Attempt, 'row' | 'attempt' | 'device'>

/** When an attempt is given up, in two steps. */
export type Patience = Pick<Attempt, 'overdueAt' | 'expiresAt'>

type Settled = Exclude<Attempt['state'], 'open'>
type Mutable<T> = { -readonly [K in keyof T]: T[K] }

/** Every attempt of one stage, oldest first; found by row and by device without a search. */
export class Attempts {
  readonly #all: Mutable<Attempt>[] = []
  readonly #byRow = new Map<number, Mutable<Attempt>[]>()
  readonly #byDevice = new Map<string, Mutable<Attempt>[]>()
  readonly #owing = new Set<string>()

  get open(): readonly Attempt[] {
    return this.#all.filter(({ state }) => state === 'open')
  }

  get failed(): readonly Attempt[] {
    return this.#all.filter(({ state }) => state === 'failed')
  }

  openOn(device: string): readonly Attempt[] {
    return this.#on(device).filter(({ state }) => state === 'open')
  }

  /** Attempts that take up one of the device's places: an expired one has given up its place. */
  loadOf(device: string): number {
    return this.openOn(device).filter(({ expired }) => !expired).length
  }

  /** Attempts the device was ever given. */
  countOf(device: string): number {
    return this.#on(device).length
  }

  ofRow(row: number): readonly Attempt[] {
    return this.#byRow.get(row) ?? []
  }

  /** Attempts on the device that failed or expired. */
  inVainOn(device: string): readonly Attempt[] {
    return this.#on(device).filter(({ state, expired }) => state === 'failed' || expired)
  }

  /** Whether an attempt became overdue on the device and it has answered nothing since. */
  isOwing(device: string): boolean {
    return this.#owing.has(device)
  }

  /** Whether the device may still be at work on the row. */
  isUnderWay(row: number, device: string): boolean {
    return this.openOn(device).some(attempt => attempt.row === row && !attempt.expired)
  }

  /** When the next attempt becomes overdue or expires. */
  get deadline(): number {
    const pending = this.open.filter(({ expired }) => !expired)
    const instants = pending.map(one => (one.overdue ? one.expiresAt : soonest(one)))
    return Math.min(Number.POSITIVE_INFINITY, ...instants)
  }

  find({ row, attempt, device }: AttemptKey): Attempt | undefined {
    const found = this.ofRow(row)[attempt - 1]
    return found?.device === device ? found : undefined
  }

  issue(row: number, device: string, patience: Patience): Attempt {
    const attempt = this.ofRow(row).length + 1
    const state = 'open' as const
    const ids = { row, attempt, device, ...patience }
    const issued = { ...ids, state, overdue: false, expired: false, code: undefined }
    this.#all.push(issued)
    append(this.#byRow, row, issued)
    append(this.#byDevice, device, issued)
    return issued
  }

  /** Ends an attempt; one that has ended stays as it is. */
  settle(attempt: Attempt, state: Settled, code?: string): void {
    if (state === 'answered') this.#owing.delete(attempt.device)
    if (attempt.state === 'open') Object.assign(attempt, { state, code })
  }

  expire(now: number): void {
    for (const attempt of this.#all) {
      if (attempt.state !== 'open') continue
      attempt.expired ||= attempt.expiresAt <= now
      if (attempt.overdue || soonest(attempt) > now) continue
      attempt.overdue = true
      this.#owing.add(attempt.device)
    }
  }

  #on(device: string): readonly Attempt[] {
    return this.#byDevice.get(device) ?? []
  }
}

function soonest({ overdueAt, expiresAt }: Patience): number {
  return Math.min(overdueAt, expiresAt)
}

function append<K, V>(lists: Map<K, V[]>, key: K, value: V): void {
  const list = lists.get(key)
  if (list) list.push(value)
  else lists.set(key, [value])
}
