import { ProtocolError, Reassembler } from '@cocoi/protocol'

/** How often forgotten parts are looked for. */
const SWEEP_MS = 10_000

/** Joins parts of incoming messages and forgets, in time, what stays incomplete. */
export class MessageJoiner {
  readonly #reassembler: Reassembler
  #timer: NodeJS.Timeout | undefined

  constructor(maxMessageBytes: number) {
    this.#reassembler = new Reassembler({ maxMessageBytes, maxSenderBytes: 2 * maxMessageBytes })
  }

  /** The message this payload completes, if any, or what is wrong with the payload. */
  accept(topic: string, payload: Uint8Array): Uint8Array | ProtocolError | undefined {
    try {
      return this.#reassembler.accept(topic, payload, performance.now())
    } catch (error) {
      if (error instanceof ProtocolError) return error
      throw error
    } finally {
      this.#watch()
    }
  }

  close(): void {
    clearTimeout(this.#timer)
    this.#reassembler.expire(Number.POSITIVE_INFINITY)
  }

  #watch(): void {
    if (this.#timer || this.#reassembler.pendingBytes === 0) return
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      this.#reassembler.expire(performance.now())
      this.#watch()
    }, SWEEP_MS)
    this.#timer.unref()
  }
}
