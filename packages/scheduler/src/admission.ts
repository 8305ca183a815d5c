import type {
  AdmissionEffect,
  AdmissionEvent,
  AdmissionOptions,
  AdmissionRequest,
  AdmissionSnapshot,
  RejectCode,
} from './admission-messages.ts'
import { KeptAnswers } from './kept-answers.ts'
import { RunTimes } from './run-times.ts'
import { type Leaving, WaitingRoom } from './waiting-room.ts'

interface Running {
  readonly client: string
  readonly model: string
  cancelled: boolean
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
 * - of those that wait the highest priority runs first; among equals clients take turns, the one
 *   with the least under way first (round robin), and each client's oldest goes first
 * - a request that finds no place displaces lower ones if that makes enough room, then the newest
 *   ones of the client who has most (longest queue drop): a flood costs its own client, not others
 * - where only the newest is wanted at most one per client and model waits, in the first one's place
 * - nothing runs that has waited so long that its model, as a rule, takes more than the time left:
 *   otherwise, in an overload, each would start just too late, and none would be answered
 * - `forget` follows every `run` once, when its answer need not be kept any longer
 *
 * Every event takes O(log n) for each request that comes or goes by it.
 */
export class Admission {
  readonly #options: AdmissionOptions
  readonly #running = new Map<string, Running>()
  readonly #waiting: WaitingRoom
  readonly #answered: KeptAnswers
  readonly #times = new RunTimes()

  constructor(options: AdmissionOptions) {
    this.#options = options
    this.#waiting = new WaitingRoom(options)
    this.#answered = new KeptAnswers(options)
  }

  step(event: AdmissionEvent, now: number): AdmissionEffect[] {
    return [
      ...this.#waiting.takeExpired(now).map(request => late(request, now)),
      ...this.#forgetOld(now),
      ...this.#take(event, now),
      ...this.#runNext(now),
    ]
  }

  /** When the next waiting request has waited too long or the oldest answer may be forgotten. */
  get deadline(): number | undefined {
    const instants = [this.#waiting.earliestDeadline, this.#answered.deadline]
    const earliest = Math.min(...instants.map(instant => instant ?? Infinity))
    return Number.isFinite(earliest) ? earliest : undefined
  }

  /** Requests running and waiting. */
  get load(): { readonly running: number; readonly waiting: number } {
    return { running: this.#running.size, waiting: this.#waiting.size }
  }

  /**
   * Whether such a request would be refused now for want of a place; changes nothing. Saves reading
   * one that takes long to read.
   */
  wouldRefuse(request: AdmissionEvent & { type: 'request' }): boolean {
    const { key } = request
    if (this.#running.has(key) || this.#waiting.has(key) || this.#answered.has(key)) return false
    if (this.#running.size < this.#options.maxRunning) return false
    return !this.#waiting.hasPlaceFor(request)
  }

  snapshot(): AdmissionSnapshot {
    return Object.freeze({
      running: [...this.#running.keys()],
      waiting: this.#waiting.keys,
      waitingBytes: this.#waiting.bytes,
      remembered: this.#answered.keys,
      rememberedBytes: this.#answered.bytes,
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

  #admit(request: AdmissionRequest, now: number): AdmissionEffect[] {
    const { key, deadlineAt } = request
    if (this.#running.has(key) || this.#waiting.has(key)) return [{ type: 'join', key }]
    if (this.#answered.has(key)) return [{ type: 'repeat', key }]
    if (deadlineAt <= now) return [late(request, now)]
    if (this.#running.size < this.#options.maxRunning) return [this.#run(request)]
    return this.#waiting.admit(request).map(leaving => this.#turnAway(leaving))
  }

  #finish(
    { key, tookMs, keptBytes }: AdmissionEvent & { type: 'finished' },
    now: number,
  ): AdmissionEffect[] {
    const running = this.#running.get(key)
    if (!running) return []
    this.#running.delete(key)
    this.#waiting.ended(running.client)
    if (tookMs !== undefined) this.#times.note(running.model, tookMs)
    if (running.cancelled || keptBytes === undefined) return [{ type: 'forget', key }]
    this.#answered.keep(key, keptBytes, now)
    return this.#forgetOld(now)
  }

  #cancel(key: string): AdmissionEffect[] {
    if (this.#waiting.remove(key)) {
      return [reject(key, 'ERR_CANCELLED', 'the request was cancelled while it waited')]
    }
    const running = this.#running.get(key)
    if (!running || running.cancelled) return []
    running.cancelled = true
    return [{ type: 'abort', key }]
  }

  #forgetOld(now: number): AdmissionEffect[] {
    return this.#answered.takeOld(now).map(key => ({ type: 'forget', key }))
  }

  #runNext(now: number): AdmissionEffect[] {
    const effects: AdmissionEffect[] = []
    while (this.#running.size < this.#options.maxRunning) {
      const next = this.#waiting.takeNext()
      if (!next) break
      const needMs = this.#times.expectedMs(next.model)
      const isInTime = next.deadlineAt - now >= needMs
      effects.push(isInTime ? this.#run(next) : tooLate(next, now, needMs))
    }
    return effects
  }

  #run({ key, client, model }: AdmissionRequest): AdmissionEffect {
    this.#running.set(key, { client, model, cancelled: false })
    this.#waiting.started(client)
    return { type: 'run', key }
  }

  #turnAway({ request, why }: Leaving): AdmissionEffect {
    if (why === 'superseded') {
      return reject(request.key, 'ERR_SUPERSEDED', 'a newer one came while it waited')
    }
    const { bytes, priority } = request
    const [running, waiting] = [this.#running.size, this.#waiting]
    const { maxRunning, maxWaiting, maxWaitingBytes } = this.#options
    const what =
      why === 'displaced' ? 'it gave way to another one' : `no place for ${bytes} bytes more`
    const message =
      `${what} at priority ${priority}: running ${running} of ${maxRunning}, waiting ${waiting.size} ` +
      `of ${maxWaiting} with ${waiting.bytes} of ${maxWaitingBytes} bytes; send it again later`
    return reject(request.key, 'ERR_OVERLOADED', message)
  }
}

function late({ key, deadlineAt }: AdmissionRequest, now: number): AdmissionEffect {
  const lateMs = Math.ceil(now - deadlineAt)
  const message = `the deadline passed ${lateMs} ms before the request could start`
  return reject(key, 'ERR_DEADLINE', message)
}

function tooLate({ key, model, deadlineAt }: AdmissionRequest, now: number, needMs: number) {
  const message =
    `it has waited until ${Math.floor(deadlineAt - now)} ms before its deadline, and ` +
    `${model} takes ${Math.ceil(needMs)} ms now; send fewer at a time or allow more time`
  return reject(key, 'ERR_DEADLINE', message)
}

function reject(key: string, code: RejectCode, message: string): AdmissionEffect {
  return { type: 'reject', key, code, message }
}
