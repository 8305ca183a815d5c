import { LOCAL, type StageEffect, type StageEvent, type StageOptions } from '@cocoi/scheduler'

/** An attempt as seen from outside. */
export interface Issued {
  readonly row: number
  readonly attempt: number
  readonly device: string
  readonly overdueAt: number
  readonly expiresAt: number
  isOpen: boolean
  failures: number
}

/**
 * Watches what goes into a stage and what comes out, and throws at the first thing a stage must
 * not do. It shares no code with the stage.
 */
export class StageAuditor {
  readonly issued: Issued[] = []
  readonly received = new Set<number>()
  outcome: string | undefined
  readonly #options: StageOptions
  readonly #live = new Set<string>()
  #hasStarted = false
  #now = 0

  constructor(options: StageOptions) {
    this.#options = options
    for (const device of options.devices) this.#live.add(device)
  }

  observe(event: StageEvent, now: number, effects: readonly StageEffect[]): void {
    this.#now = now
    check(!this.outcome || effects.length === 0, 'speaks after the end')
    if (this.outcome) return
    this.#take(event)
    for (const effect of effects) this.#audit(effect, event)
    if (this.#hasStarted && !this.outcome) this.#checkRepair()
    if (this.outcome) check(this.open().length === 0, 'leaves something outstanding')
  }

  open(): readonly Issued[] {
    return this.issued.filter(({ isOpen }) => isOpen)
  }

  /** Open attempts that will be answered if nothing else happens. */
  answerable(): readonly Issued[] {
    return this.open().filter(({ device }) => device === LOCAL || this.#live.has(device))
  }

  /** Whether some device was asked for a row as often as it may be. */
  hasExhausted(): boolean {
    return this.issued.some(
      ({ row, device }) => this.#of(row, device).reduce((sum, a) => sum + a.failures, 0) >= 2,
    )
  }

  #of(row: number, device: string): readonly Issued[] {
    return this.issued.filter(attempt => attempt.row === row && attempt.device === device)
  }

  #take(event: StageEvent): void {
    switch (event.type) {
      case 'start':
        this.#hasStarted = true
        break
      case 'result':
        this.#takeAnswer(event, 0)
        break
      case 'failure':
        this.#takeAnswer(event, 1)
        break
      case 'device-available':
        this.#live.add(event.device)
        break
      case 'device-lost':
        for (const attempt of this.open())
          if (attempt.device === event.device) attempt.isOpen = false
        this.#live.delete(event.device)
        break
      case 'device-suspect':
        this.#live.delete(event.device)
        break
      default:
        break
    }
  }

  #takeAnswer(key: { row: number; attempt: number; device: string }, failures: number): void {
    const attempt = this.#of(key.row, key.device).find(({ attempt }) => attempt === key.attempt)
    if (!attempt) return
    if (failures === 0) this.received.add(key.row)
    else if (attempt.isOpen) attempt.failures = 1
    attempt.isOpen = false
  }

  #audit(effect: StageEffect, event: StageEvent): void {
    check(!this.outcome, 'speaks after complete or fail')
    switch (effect.type) {
      case 'dispatch':
        check(this.#live.has(effect.device), 'sends to a device that is not live')
        check(effect.timeoutMs > 0, 'sends what has already expired')
        this.#issue(effect, this.#now + effect.timeoutMs)
        break
      case 'compute':
        check(this.#options.local, 'computes where it must not')
        this.#issue({ ...effect, device: LOCAL }, Number.POSITIVE_INFINITY)
        break
      case 'cancel':
        this.#close(effect)
        break
      case 'complete':
        check(this.#options.decodable([...this.received]), 'completes without a span')
        this.outcome = 'complete'
        break
      case 'fail':
        this.#checkFailure(effect.code, event)
        this.outcome = effect.code
        break
    }
  }

  #issue(key: { row: number; attempt: number; device: string }, expiresAt: number): void {
    const { row, attempt, device } = key
    const tries = this.issued.filter(other => other.row === row).length
    const load = this.open().filter(other => other.device === device).length
    check(attempt === tries + 1, 'does not count attempts')
    check(!this.received.has(row), 'sends a row it has')
    check(!this.#of(row, device).some(({ isOpen }) => isOpen), 'sends a row twice to one device')
    check(load < this.#options.maxOutstanding, 'sends more than a device may hold')
    const isPlanned = this.#live.size > 0 && row < this.#options.rows && tries === 0
    check(isPlanned || !this.#spans(), 'sends again what is not needed')
    const isSpare = !this.#options.audit && this.#isUnderWay()
    const isSecond = this.issued.some(other => other.device === device)
    check(!isSpare || !isSecond, 'queues a spare row behind others')
    const hedgeAfterMs = (this.#options.hedgeAfterMs ?? Number.POSITIVE_INFINITY) * 2 ** tries
    const overdueAt = device === LOCAL ? expiresAt : Math.min(expiresAt, this.#now + hedgeAfterMs)
    const ids = { row, attempt, device, overdueAt, expiresAt }
    this.issued.push({ ...ids, isOpen: true, failures: 0 })
  }

  #close({ row, attempt, device }: { row: number; attempt: number; device: string }): void {
    const found = this.#of(row, device).find(other => other.attempt === attempt)
    check(found?.isOpen === true, 'cancels what is not outstanding')
    found!.isOpen = false
  }

  #checkFailure(code: string, event: StageEvent): void {
    const isDue = this.#now >= this.#options.deadlineAt
    check(code !== 'ERR_DEADLINE' || isDue, 'fails before its deadline')
    check(code !== 'ERR_CANCELLED' || event.type === 'cancel', 'cancels itself')
    check(code !== 'ERR_STAGE_FAILED' || this.hasExhausted(), 'gives up too early')
  }

  /** At risk, somebody who could help must be busy, unless the rows have failed too often. */
  #checkRepair(): void {
    check(this.#now < this.#options.deadlineAt, 'does not notice its deadline')
    if (this.#options.decodable([...this.received])) {
      check(this.#awaitsSurplus(), 'does not notice that it is complete')
      return
    }
    const helpers = [...this.#live, ...(this.#options.local ? [LOCAL] : [])]
    if (this.#isUnderWay() || helpers.length === 0 || this.hasExhausted()) return
    const isBusy = (device: string) => {
      const held = this.answerable().filter(
        attempt => attempt.device === device && attempt.expiresAt > this.#now,
      )
      const isOverdue = held.some(({ overdueAt }) => overdueAt <= this.#now)
      return isOverdue || held.length === this.#options.maxOutstanding
    }
    check(helpers.some(isBusy), 'leaves the span at risk')
  }

  /** In an audit somebody may still be at work when the results suffice, but not when nobody is. */
  #awaitsSurplus(): boolean {
    const rows = [...this.received]
    const isSure = rows.every(row => this.#options.decodable(rows.filter(other => other !== row)))
    const sent = new Set(this.issued.map(({ row }) => row))
    const isWaiting = this.#live.size > 0 && sent.size < this.#options.rows
    return this.#options.audit === true && !isSure && (isWaiting || this.#reliedUpon().length > 0)
  }

  /** Whether what is there or on its way spans. */
  #isUnderWay(): boolean {
    return this.#options.decodable([...this.received, ...this.#reliedUpon().map(({ row }) => row)])
  }

  /** Whether what is there, on its way, or still to be sent for the first time spans. */
  #spans(): boolean {
    const sent = new Set(this.issued.map(({ row }) => row))
    const unsent = [...Array(this.#options.rows).keys()].filter(row => !sent.has(row))
    const underWay = this.#reliedUpon().map(({ row }) => row)
    const rows = [...this.received, ...underWay, ...(this.#live.size > 0 ? unsent : [])]
    return this.#options.decodable(rows)
  }

  #reliedUpon(): readonly Issued[] {
    return this.answerable().filter(({ overdueAt }) => overdueAt > this.#now)
  }
}

function check(isFine: boolean, fault: string): void {
  if (!isFine) throw new Error(`the stage ${fault}`)
}
