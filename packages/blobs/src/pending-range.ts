/** What the coordinator said to a request for a range. */
export type RangeAnswer =
  | { readonly type: 'chunk'; readonly bytes: Uint8Array; readonly total: number }
  | { readonly type: 'missing'; readonly message: string }

/** Why no answer is to be expected: the request could not be sent. */
export interface Unsent {
  readonly type: 'unsent'
  readonly cause: unknown
}

/** A range a client wants. */
export interface WantedRange {
  readonly coordinator: string
  readonly sha: string
  readonly offset: number
  /** Length in bytes; the answer is shorter only where the blob ends. */
  readonly length: number
  /** Length of the blob if it is known already. */
  readonly total?: number | undefined
}

type Chunk = Extract<RangeAnswer, { type: 'chunk' }>
type Outcome = RangeAnswer | Unsent

interface Waiter {
  readonly accepts: (outcome: Outcome) => boolean
  readonly wake: (outcome: Outcome | undefined) => void
}

/** A range that has been asked for; once its chunk has arrived, every wait ends with it. */
export class PendingRange {
  readonly wanted: WantedRange
  #chunk: Chunk | undefined
  #waiter: Waiter | undefined

  constructor(wanted: WantedRange) {
    this.wanted = wanted
  }

  /** @returns false if nobody waits for such an outcome just now */
  deliver(outcome: Outcome): boolean {
    if (this.#chunk) return false
    if (outcome.type === 'chunk') this.#chunk = outcome
    const accepted = this.#waiter?.accepts(outcome) === true
    if (accepted) this.#waiter?.wake(outcome)
    return accepted || outcome.type === 'chunk'
  }

  /**
   * The outcome of a request, or undefined after `timeoutMs`.
   *
   * @throws the signal's reason
   */
  outcome(timeoutMs: number, signal: AbortSignal): Promise<Outcome | undefined> {
    return this.#wait(timeoutMs, signal, () => true)
  }

  /**
   * Waits for `pauseMs`, less if the chunk arrives late; other outcomes are not looked at.
   *
   * @throws the signal's reason
   */
  async pause(pauseMs: number, signal: AbortSignal): Promise<Chunk | undefined> {
    await this.#wait(pauseMs, signal, ({ type }) => type === 'chunk')
    return this.#chunk
  }

  async #wait(timeoutMs: number, signal: AbortSignal, accepts: Waiter['accepts']) {
    signal.throwIfAborted()
    if (this.#chunk) return this.#chunk
    const outcome = await new Promise<Outcome | undefined>(resolve => {
      const timer = setTimeout(() => wake(undefined), timeoutMs)
      const abort = () => wake(undefined)
      const wake = (outcome: Outcome | undefined) => {
        clearTimeout(timer)
        signal.removeEventListener('abort', abort)
        this.#waiter = undefined
        resolve(outcome)
      }
      signal.addEventListener('abort', abort, { once: true })
      this.#waiter = { accepts, wake }
    })
    signal.throwIfAborted()
    return outcome
  }
}

/** Why an answer cannot belong to the wanted range; undefined if it fits. */
export function disagreement(
  wanted: WantedRange,
  { bytes, total }: { bytes: Uint8Array; total: number },
): 'wrong-total' | 'wrong-size' | undefined {
  if (wanted.total !== undefined && wanted.total !== total) return 'wrong-total'
  const expected = Math.min(wanted.length, Math.max(0, total - wanted.offset))
  const nothing = expected === 0 && total > 0
  return nothing || bytes.length !== expected ? 'wrong-size' : undefined
}
