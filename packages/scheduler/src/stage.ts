import { type Attempt, type AttemptKey, Attempts } from './attempts.ts'
import { chooseDevice, type Field, hasTaker, placesOf } from './choose-device.ts'
import { LOCAL } from './local.ts'
import { completeSpan, rememberSpan, type Span } from './span.ts'
import type {
  StageEffect,
  StageErrorCode,
  StageEvent,
  StageOptions,
  StageSnapshot,
} from './stage-messages.ts'

/**
 * One stage of one inference: rows of a generator matrix are spread over devices, and the stage is
 * complete as soon as the rows that came back can be decoded.
 *
 * An attempt is *relied upon* while it is open, not overdue and on a live device (or LOCAL). Rows
 * received, relied upon and never sent yet are *planned*. While the planned rows span, a loss costs
 * nothing. When they no longer do, rows are issued again, as few as make them span; recovery rows
 * come last. A result counts whenever it comes, also from an expired, cancelled or lost attempt. An
 * overdue attempt keeps its place until it expires: it is probably only slow.
 *
 * Invariants:
 * - exactly one `complete` or `fail`, the last effect; every open attempt is cancelled before it
 * - at most one open attempt of a row on a device, at most its places open ones on a device
 * - a row is sent again only while the planned rows do not span
 * - a row that the span does not need goes to nobody who has had one, except as his share or for an audit
 * - if they do not span after a step, then those who could help are busy, or there is nobody
 * - duplicate, unknown and late events change nothing
 */
export class Stage {
  readonly #options: StageOptions
  readonly #spans: Span
  readonly #devices = new Map<string, 'live' | 'suspect' | 'lost'>()
  readonly #attempts = new Attempts()
  readonly #received = new Set<number>()
  readonly #late = new Set<string>()
  readonly #effects: StageEffect[] = []
  #phase: StageSnapshot['phase'] = 'ready'
  #now = Number.NEGATIVE_INFINITY

  constructor(options: StageOptions) {
    this.#options = options
    this.#spans = rememberSpan(options.decodable)
    for (const device of options.devices) this.#devices.set(device, 'live')
  }

  step(event: StageEvent, now: number): StageEffect[] {
    if (this.#isOver()) return []
    this.#now = now
    this.#attempts.expire(now)
    this.#take(event)
    if (!this.#isOver()) this.#proceed()
    return this.#effects.splice(0)
  }

  /** Instant of the next `tick`: the stage's deadline or an earlier expiry. */
  get deadline(): number | undefined {
    if (this.#isOver()) return undefined
    return Math.min(this.#options.deadlineAt, this.#attempts.deadline)
  }

  snapshot(): StageSnapshot {
    return Object.freeze({
      phase: this.#phase,
      received: [...this.#received],
      outstanding: this.#attempts.open.map(attempt => ({
        ...keyOf(attempt),
        expiresAt: attempt.expiresAt,
        overdue: attempt.overdue,
        expired: attempt.expired,
      })),
      waiting: this.#unsent(),
      devices: Object.fromEntries(this.#devices),
    })
  }

  #take(event: StageEvent): void {
    switch (event.type) {
      case 'start':
        this.#phase = 'running'
        break
      case 'result':
        this.#takeResult(event)
        break
      case 'failure':
        this.#takeFailure(event)
        break
      case 'device-lost':
        this.#lose(event.device)
        break
      case 'device-suspect':
        if (this.#devices.get(event.device) === 'live') this.#devices.set(event.device, 'suspect')
        break
      case 'device-available':
        this.#devices.set(event.device, 'live')
        break
      case 'cancel':
        this.#fail('ERR_CANCELLED', 'the request was cancelled')
        break
      case 'tick':
        break
    }
  }

  #takeResult(key: AttemptKey): void {
    const attempt = this.#attempts.find(key)
    if (!attempt) return
    this.#attempts.settle(attempt, 'answered')
    this.#received.add(key.row)
    for (const other of this.#attempts.ofRow(key.row)) this.#supersede(other)
  }

  #takeFailure({ code, ...key }: AttemptKey & { code: string }): void {
    const attempt = this.#attempts.find(key)
    if (attempt) this.#attempts.settle(attempt, 'failed', code)
  }

  #lose(device: string): void {
    if (!this.#devices.has(device)) return
    this.#devices.set(device, 'lost')
    for (const attempt of this.#attempts.openOn(device)) this.#attempts.settle(attempt, 'lost')
  }

  #proceed(): void {
    const isDue = this.#now >= this.#options.deadlineAt
    const isEnough = this.#received.size > 0 && this.#spans([...this.#received])
    if (isEnough && (isDue || !this.#awaitsSurplus())) this.#complete()
    else if (isDue) this.#failAtDeadline()
    else if (this.#phase === 'running') this.#keepSpanning()
  }

  /** Whether results that an audit still wants are on their way. */
  #awaitsSurplus(): boolean {
    const rows = [...this.#received]
    if (!this.#options.audit || rows.every(row => this.#spans(rows.filter(r => r !== row)))) {
      return false
    }
    const hasUnsent = this.#devicesThatAre('live').length > 0 && this.#unsent().length > 0
    return hasUnsent || this.#reliedUpon().length > 0
  }

  /** Sends what was never sent, and first whatever the planned rows lack. */
  #keepSpanning(): void {
    const unsent = this.#devicesThatAre('live').length > 0 ? this.#unsent() : []
    const planned = new Set([...this.#received, ...this.#reliedUpon(), ...unsent])
    const field = this.#field('live')
    const candidates = this.#rows().filter(row => !planned.has(row) && hasTaker(row, field))
    const added = completeSpan([...planned], candidates, this.#spans)
    if (!added && this.#isHopeless()) return this.#failForGood()
    this.#send(added ?? [], field)
    this.#sendUnsent(unsent, field)
  }

  #send(rows: readonly number[], field: Field): void {
    for (const row of rows) {
      const device = chooseDevice(row, field)
      if (device) this.#issue(row, device)
    }
  }

  /**
   * Once the rows under way span, the others are spare: they go to devices that have had nothing of
   * this stage, or less than their share. Behind other rows they would only keep a device from the
   * next stage.
   */
  #sendUnsent(rows: readonly number[], field: Field): void {
    let isSpare = false
    for (const row of rows) {
      isSpare ||= !this.#options.audit && this.#spans([...this.#received, ...this.#reliedUpon()])
      this.#send([row], isSpare ? { ...field, isSpare } : field)
    }
  }

  #issue(row: number, device: string): void {
    this.#makeRoom(row, device)
    const { deadlineAt, subtaskTimeoutMs } = this.#options
    if (device === LOCAL) {
      const never = Number.POSITIVE_INFINITY
      const { attempt } = this.#attempts.issue(row, device, { overdueAt: never, expiresAt: never })
      this.#effects.push({ type: 'compute', row, attempt })
    } else {
      const timeoutMs = Math.min(subtaskTimeoutMs, deadlineAt - this.#now)
      const patience = { overdueAt: this.#overdueAt(row), expiresAt: this.#now + timeoutMs }
      const { attempt } = this.#attempts.issue(row, device, patience)
      this.#effects.push({ type: 'dispatch', row, attempt, device, timeoutMs })
    }
  }

  /** Every further attempt gets twice as long: the prediction may be wrong, and everybody slow. */
  #overdueAt(row: number): number {
    const { hedgeAfterMs = Number.POSITIVE_INFINITY } = this.#options
    return this.#now + hedgeAfterMs * 2 ** this.#attempts.ofRow(row).length
  }

  /** Cancels expired attempts whose place is needed, that of the same row first. */
  #makeRoom(row: number, device: string): void {
    const open = this.#attempts.openOn(device)
    const excess = open.length + 1 - placesOf(device, this.#options)
    const expired = open.filter(attempt => attempt.expired)
    const sameRow = expired.filter(attempt => attempt.row === row)
    const others = expired.filter(attempt => attempt.row !== row)
    for (const attempt of sameRow) this.#cancel(attempt)
    for (const attempt of others.slice(0, Math.max(0, excess - sameRow.length)))
      this.#cancel(attempt)
  }

  /**
   * Whether even all that those who are there, suspects included, may still be asked for would not
   * span: what is missing failed everywhere. With nobody there, somebody may yet come.
   */
  #isHopeless(): boolean {
    const field = this.#field('live', 'suspect')
    const possible = this.#rows().filter(row => this.#received.has(row) || hasTaker(row, field))
    return field.devices.length > 0 && !this.#spans(possible)
  }

  #complete(): void {
    for (const attempt of this.#attempts.open) this.#supersede(attempt)
    this.#phase = 'complete'
    this.#effects.push({ type: 'complete', late: [...this.#late] })
  }

  #failAtDeadline(): void {
    const open = this.#attempts.open.map(({ row, device }) => `row ${row} on ${device}`)
    const waits = open.length > 0 ? open.join(', ') : 'a live device'
    const progress = `${this.#received.size} of ${this.#options.rows} rows received`
    this.#fail('ERR_DEADLINE', `the deadline passed with ${progress}, waiting for ${waits}`)
  }

  #failForGood(): void {
    const failures = this.#attempts.failed.map(({ device, code }) => `${device} (${code})`)
    const reasons = failures.length > 0 ? [...new Set(failures)].join(', ') : 'its rows do not span'
    const message = `nobody can compute what the stage still lacks: ${reasons}`
    this.#fail('ERR_STAGE_FAILED', message)
  }

  #fail(code: StageErrorCode, message: string): void {
    for (const attempt of this.#attempts.open) this.#cancel(attempt)
    this.#phase = 'failed'
    this.#effects.push({ type: 'fail', code, message })
  }

  /** Cancels an attempt whose result is no longer needed because others were faster. */
  #supersede(attempt: Attempt): void {
    if (attempt.state !== 'open') return
    if (attempt.device !== LOCAL) this.#late.add(attempt.device)
    this.#cancel(attempt)
  }

  #cancel(attempt: Attempt): void {
    this.#attempts.settle(attempt, 'cancelled')
    this.#effects.push({ type: 'cancel', ...keyOf(attempt) })
  }

  #rows(): readonly number[] {
    return [...Array(this.#options.rows).keys(), ...this.#options.recoveryRows]
  }

  /** Rows of the code that were never sent. */
  #unsent(): readonly number[] {
    const rows = [...Array(this.#options.rows).keys()]
    return rows.filter(row => this.#attempts.ofRow(row).length === 0)
  }

  #reliedUpon(): readonly number[] {
    return this.#attempts.open
      .filter(({ overdue }) => !overdue)
      .filter(({ device }) => device === LOCAL || this.#devices.get(device) === 'live')
      .map(({ row }) => row)
  }

  #devicesThatAre(...states: string[]): readonly string[] {
    return [...this.#devices].filter(([, state]) => states.includes(state)).map(([name]) => name)
  }

  #field(...states: string[]): Field {
    const { local, localHelps, maxOutstanding, places } = this.#options
    const devices = [...this.#devicesThatAre(...states), ...(local ? [LOCAL] : [])]
    return { devices, attempts: this.#attempts, maxOutstanding, places, localHelps }
  }

  #isOver(): boolean {
    return this.#phase === 'complete' || this.#phase === 'failed'
  }
}

function keyOf({ row, attempt, device }: Attempt): AttemptKey {
  return { row, attempt, device }
}
