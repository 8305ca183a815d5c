/**
 * One try of a row on a device.
 *
 * Invariants: `state` leaves `open` once and never returns; `expired` is set only while open.
 */
export interface Attempt {
  readonly row: number
  /** 1 for the row's first try, on whichever device. */
  readonly attempt: number
  readonly device: string
  /** From this instant on nobody relies on it, though its result is still welcome. */
  readonly expiresAt: number
  readonly state: 'open' | 'answered' | 'failed' | 'lost' | 'cancelled'
  readonly expired: boolean
  /** Why it failed. */
  readonly code: string | undefined
}

/** What names an attempt; the device is part of it, so that nobody can answer for another. */
export type AttemptKey = Pick<Attempt, 'row' | 'attempt' | 'device'>

type Settled = Exclude<Attempt['state'], 'open'>
type Mutable<T> = { -readonly [K in keyof T]: T[K] }

/** Every attempt of one stage, oldest first; found by row and by device without a search. */
export class Attempts {
  readonly #all: Mutable<Attempt>[] = []
  readonly #byRow = new Map<number, Mutable<Attempt>[]>()
  readonly #byDevice = new Map<string, Mutable<Attempt>[]>()

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

  ofRow(row: number): readonly Attempt[] {
    return this.#byRow.get(row) ?? []
  }

  /** Attempts on the device that failed or expired. */
  inVainOn(device: string): readonly Attempt[] {
    return this.#on(device).filter(({ state, expired }) => state === 'failed' || expired)
  }

  find({ row, attempt, device }: AttemptKey): Attempt | undefined {
    const found = this.ofRow(row)[attempt - 1]
    return found?.device === device ? found : undefined
  }

  issue(row: number, device: string, expiresAt: number): Attempt {
    const attempt = this.ofRow(row).length + 1
    const state = 'open' as const
    const issued = { row, attempt, device, expiresAt, state, expired: false, code: undefined }
    this.#all.push(issued)
    append(this.#byRow, row, issued)
    append(this.#byDevice, device, issued)
    return issued
  }

  /** Ends an attempt; one that has ended stays as it is. */
  settle(attempt: Attempt, state: Settled, code?: string): void {
    if (attempt.state === 'open') Object.assign(attempt, { state, code })
  }

  expire(now: number): void {
    for (const attempt of this.#all) {
      if (attempt.state === 'open' && attempt.expiresAt <= now) attempt.expired = true
    }
  }

  #on(device: string): readonly Attempt[] {
    return this.#byDevice.get(device) ?? []
  }
}

function append<K, V>(lists: Map<K, V[]>, key: K, value: V): void {
  const list = lists.get(key)
  if (list) list.push(value)
  else lists.set(key, [value])
}
