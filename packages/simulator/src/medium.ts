import type { Agenda } from './agenda.ts'

interface Flow {
  /** Bytes still to be sent. */
  left: number
  /** Bytes per ms of the narrowest link of its own. */
  readonly cap: number
  rate: number
  readonly done: () => void
}

/** A transfer that would end within this time has ended: what rounding leaves, in ms. */
const instant = 1e-6

/**
 * A link that all transfers share: each gets an equal part, and what those with a narrower link of
 * their own leave is shared by the others (max-min fairness, which TCP comes near).
 */
export class Medium {
  readonly #agenda: Agenda
  readonly #bytesPerMs: number
  readonly #flows = new Set<Flow>()
  #since = 0
  /** Makes a planned end void when the shares have changed since. */
  #version = 0

  constructor(agenda: Agenda, bytesPerS: number) {
    this.#agenda = agenda
    this.#bytesPerMs = bytesPerS / 1000
  }

  /** @param capBytesPerS the rate that the transfer cannot exceed even alone */
  send(bytes: number, capBytesPerS: number, done: () => void): void {
    this.#advance()
    this.#flows.add({ left: bytes, cap: capBytesPerS / 1000, rate: 0, done })
    this.#share()
  }

  /** Takes off what has been sent since the last change. */
  #advance(): void {
    const elapsed = this.#agenda.now - this.#since
    this.#since = this.#agenda.now
    for (const flow of this.#flows) {
      flow.left = flow.rate === Number.POSITIVE_INFINITY ? 0 : flow.left - flow.rate * elapsed
    }
  }

  #share(): void {
    let free = this.#bytesPerMs
    let waiting = this.#flows.size
    const flows = [...this.#flows].sort((a, b) => a.cap - b.cap)
    for (const flow of flows) {
      flow.rate = Math.min(flow.cap, free / waiting)
      free -= Number.isFinite(flow.rate) ? flow.rate : 0
      waiting -= 1
    }
    this.#planEnd()
  }

  #planEnd(): void {
    const ends = [...this.#flows].map(({ left, rate }) => Math.max(0, left / rate))
    const version = ++this.#version
    if (ends.length === 0) return
    this.#agenda.in(Math.min(...ends), () => {
      if (version === this.#version) this.#finish()
    })
  }

  #finish(): void {
    this.#advance()
    const ended = [...this.#flows].filter(({ left, rate }) => left <= rate * instant)
    for (const flow of ended) this.#flows.delete(flow)
    this.#share()
    for (const flow of ended) flow.done()
  }
}
