import { TransportError } from '@cocoi/transport'

/** What a request needs of its surroundings. */
export interface PendingRequestOptions {
  /** Publishes the request; rejects with a TransportError. */
  readonly publish: (timeoutMs: number) => Promise<void>
  /** Tells the coordinator that nobody waits any more. */
  readonly cancel: (timeoutMs: number) => void
  /** The error when the time is over. */
  readonly noAnswer: () => Error
  readonly timeoutMs: number
  /** Silence after which the request is published once more; after each time twice as much. */
  readonly silenceMs: number
  readonly signal: AbortSignal | undefined
}

/** Longest delay of a timer; Node takes a longer one for 1 ms. */
const maxTimerMs = 2 ** 31 - 1

/** A late cancellation gets at least this long to be sent. */
const minPublishMs = 1000

/**
 * One request from its first publication to its answer, which comes or not: then it ends at its
 * deadline or with its signal.
 */
export class PendingRequest<A> {
  readonly answer: Promise<A>
  readonly #options: PendingRequestOptions
  readonly #endsAt: number
  readonly #end: NodeJS.Timeout
  readonly #onAbort = () => this.giveUp(this.#options.signal?.reason)
  #resolve!: (answer: A) => void
  #reject!: (reason: unknown) => void
  #silence: NodeJS.Timeout | undefined
  #settled = false
  #publishing = false
  #published = false
  #onceMore = false

  constructor(options: PendingRequestOptions) {
    this.#options = options
    this.answer = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    const { timeoutMs, silenceMs, signal, noAnswer } = options
    this.#endsAt = performance.now() + timeoutMs
    this.#end = setTimeout(() => this.giveUp(noAnswer()), Math.min(timeoutMs, maxTimerMs))
    this.#sendAfter(silenceMs)
    signal?.addEventListener('abort', this.#onAbort, { once: true })
    this.send()
  }

  /** Publishes the request, unless that is under way: the transport goes on with it after an outage. */
  send(): void {
    if (this.#settled || this.#publishing) return
    this.#publishing = true
    this.#options.publish(this.#remainingMs()).then(
      () => this.#sent(undefined),
      (error: unknown) => this.#sent(error),
    )
  }

  /** Publishes the request to a coordinator that may have seen nothing, or only parts, of it. */
  sendAnew(): void {
    if (this.#publishing) this.#onceMore = true
    else this.send()
  }

  resolve(answer: A): void {
    if (this.#settle()) this.#resolve(answer)
  }

  /** The coordinator, or the transport, has failed the request. */
  fail(error: unknown): void {
    if (this.#settle()) this.#reject(error)
  }

  /** Nobody wants the answer any more. */
  giveUp(reason: unknown): void {
    if (!this.#settle()) return
    this.#options.cancel(this.#remainingMs())
    this.#reject(reason)
  }

  /** A broker short of peers may lose the request, and the answer, more than once. */
  #sendAfter(silenceMs: number): void {
    this.#silence = setTimeout(
      () => {
        this.send()
        this.#sendAfter(2 * silenceMs)
      },
      Math.min(silenceMs, maxTimerMs),
    )
  }

  #sent(error: unknown): void {
    this.#publishing = false
    // Once the request is on its way, a repetition that fails changes nothing.
    if (error !== undefined && !this.#published && !isTimeout(error)) return this.fail(error)
    this.#published ||= error === undefined
    if (!this.#onceMore) return
    this.#onceMore = false
    this.send()
  }

  #settle(): boolean {
    if (this.#settled) return false
    this.#settled = true
    clearTimeout(this.#end)
    clearTimeout(this.#silence)
    this.#options.signal?.removeEventListener('abort', this.#onAbort)
    return true
  }

  #remainingMs(): number {
    return Math.max(minPublishMs, this.#endsAt - performance.now())
  }
}

/** The request has the same time, and its own error then says more. */
function isTimeout(error: unknown): boolean {
  return error instanceof TransportError && error.code === 'ERR_PUBLISH_TIMEOUT'
}
