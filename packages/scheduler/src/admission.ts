import type {
  AdmissionEffect,
  AdmissionEvent,
  AdmissionOptions,
  AdmissionSnapshot,
  RejectCode,
} from './admission-messages.ts'

interface Waiting {
  readonly key: string
  readonly bytes: number
  readonly deadlineAt: number
  readonly priority: number
}

/**
 * Which requests run, wait, are refused, or are answered with what was computed before.
 *
 * A request that comes again under its key never runs twice: it joins the one under way, or is
 * answered from memory for `rememberMs` after that has finished. A refused or cancelled one is not
 * remembered, so that its sender may try again.
 *
 * Invariants:
 * - at most `maxRunning` run, at most `maxWaiting` of at most `maxWaitingBytes` together wait
 * - nothing waits while there is a place to run
 * - every `request` gets exactly one of `run`, `join`, `repeat`, `reject`, or waits for it
 * - of those that wait the highest priority runs first, among equals the oldest; a request that
 *   finds no place displaces lower ones, the last first, if that makes enough room
 * - `forget` follows every `run` once, when its answer need not be kept any longer
 */
export class Admission {
  readonly #options: AdmissionOptions
  /** Key → whether it was cancelled. */
  readonly #running = new Map<string, boolean>()
  /** First to run first. */
  #waiting: readonly Waiting[] = []
  /** Key → until when its answer is kept, oldest first. */
  readonly #answered = new Map<string, number>()

  constructor(options: AdmissionOptions) {
    this.#options = options
  }

  step(event: AdmissionEvent, now: number): AdmissionEffect[] {
    return [
      ...this.#expire(now),
      ...this.#forgetOld(now),
      ...this.#take(event, now),
      ...this.#runNext(),
    ]
  }

  /** When the next waiting request has waited too long or the oldest answer may be forgotten. */
  get deadline(): number | undefined {
    const instants = this.#waiting.map(({ deadlineAt }) => deadlineAt)
    const earliest = Math.min(...instants, ...this.#answered.values())
    return Number.isFinite(earliest) ? earliest : undefined
  }

  snapshot(): AdmissionSnapshot {
    return Object.freeze({
      running: [...this.#running.keys()],
      waiting: this.#waiting.map(({ key }) => key),
      waitingBytes: bytesOf(this.#waiting),
      remembered: [...this.#answered.keys()],
    })
  }

  #take(event: AdmissionEvent, now: number): AdmissionEffect[] {
    switch (event.type) {
      case 'request':
        return this.#admit(event, now)
      case 'finished':
        return this.#finish(event, now)
      case 'cancel':
        return this.#cancel(event.key)
      case 'tick':
        return []
    }
  }

  #admit({ key, ...request }: AdmissionEvent & { type: 'request' }, now: number) {
    const { bytes, deadlineAt, priority } = request
    if (this.#running.has(key) || this.#isWaiting(key)) return [{ type: 'join', key } as const]
    if (this.#answered.has(key)) return [{ type: 'repeat', key } as const]
    if (deadlineAt <= now) return [late(key, now - deadlineAt)]
    return this.#enqueue({ key, bytes, deadlineAt, priority })
  }

  #enqueue(request: Waiting): AdmissionEffect[] {
    if (this.#running.size < this.#options.maxRunning) return [this.#run(request.key)]
    const ahead = this.#waiting.filter(({ priority }) => priority >= request.priority)
    const behind = this.#waiting.filter(({ priority }) => priority < request.priority)
    if (!this.#fits([...ahead, request]))
      return [this.#overloaded(request, `no place for ${request.bytes} bytes more`)]
    const displaced: AdmissionEffect[] = []
    while (!this.#fits([...ahead, request, ...behind])) {
      displaced.push(this.#overloaded(behind.pop()!, 'it gave way to one of higher priority'))
    }
    this.#waiting = [...ahead, request, ...behind]
    return displaced
  }

  #fits(waiting: readonly Waiting[]): boolean {
    const { maxWaiting, maxWaitingBytes } = this.#options
    return waiting.length <= maxWaiting && bytesOf(waiting) <= maxWaitingBytes
  }

  #finish({ key, keep = true }: { key: string; keep?: boolean }, now: number): AdmissionEffect[] {
    const wasCancelled = this.#running.get(key)
    if (wasCancelled === undefined) return []
    this.#running.delete(key)
    if (wasCancelled || !keep) return [{ type: 'forget', key }]
    this.#answered.set(key, now + this.#options.rememberMs)
    return this.#forgetOld(now)
  }

  #cancel(key: string): AdmissionEffect[] {
    if (this.#isWaiting(key)) {
      this.#waiting = this.#waiting.filter(request => request.key !== key)
      return [reject(key, 'ERR_CANCELLED', 'the request was cancelled while it waited')]
    }
    if (this.#running.get(key) !== false) return []
    this.#running.set(key, true)
    return [{ type: 'abort', key }]
  }

  #expire(now: number): AdmissionEffect[] {
    const expired = this.#waiting.filter(({ deadlineAt }) => deadlineAt <= now)
    this.#waiting = this.#waiting.filter(({ deadlineAt }) => deadlineAt > now)
    return expired.map(({ key, deadlineAt }) => late(key, now - deadlineAt))
  }

  #forgetOld(now: number): AdmissionEffect[] {
    const excess = this.#answered.size - this.#options.maxRemembered
    const old = [...this.#answered].filter(([, until], i) => until <= now || i < excess)
    for (const [key] of old) this.#answered.delete(key)
    return old.map(([key]) => ({ type: 'forget', key }))
  }

  #runNext(): AdmissionEffect[] {
    const [next, ...rest] = this.#waiting
    if (!next || this.#running.size >= this.#options.maxRunning) return []
    this.#waiting = rest
    return [this.#run(next.key)]
  }

  #run(key: string): AdmissionEffect {
    this.#running.set(key, false)
    return { type: 'run', key }
  }

  #overloaded({ key }: Waiting, why: string): AdmissionEffect {
    const { maxRunning, maxWaiting, maxWaitingBytes } = this.#options
    const message =
      `${why}: running ${this.#running.size} of ${maxRunning}, waiting ${this.#waiting.length} of ` +
      `${maxWaiting} with ${bytesOf(this.#waiting)} of ${maxWaitingBytes} bytes; send it again later`
    return reject(key, 'ERR_OVERLOADED', message)
  }

  #isWaiting(key: string): boolean {
    return this.#waiting.some(request => request.key === key)
  }
}

function bytesOf(waiting: readonly Waiting[]): number {
  return waiting.reduce((sum, { bytes }) => sum + bytes, 0)
}

function late(key: string, lateMs: number): AdmissionEffect {
  const message = `the deadline passed ${Math.ceil(lateMs)} ms before the request could start`
  return reject(key, 'ERR_DEADLINE', message)
}

function reject(key: string, code: RejectCode, message: string): AdmissionEffect {
  return { type: 'reject', key, code, message }
}
