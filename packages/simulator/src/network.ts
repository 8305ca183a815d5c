import type { Agenda } from './agenda.ts'

/** Something that transfers share: an interface, the air, a switch. */
export interface Link {
  readonly bytesPerS: number
}

/** What a transfer passes. */
export interface Path {
  readonly links: readonly Link[]
  /** The rate that it cannot exceed even alone: its narrowest link of its own. */
  readonly capBytesPerS: number
}

interface Flow {
  /** Bytes still to be sent. */
  left: number
  /** Bytes per ms. */
  rate: number
  readonly cap: number
  readonly links: readonly Link[]
  readonly done: () => void
}

/** A transfer that would end within this time has ended: what rounding leaves, in ms. */
const instant = 1e-6

/**
 * Transfers over shared links. Each gets an equal part of its narrowest link, and what those who are held
 * up elsewhere leave is shared by the others (max-min fairness, which TCP comes near).
 */
export class Network {
  readonly #agenda: Agenda
  readonly #flows = new Set<Flow>()
  #since = 0
  /** Makes a planned end void when the shares have changed since. */
  #version = 0

  constructor(agenda: Agenda) {
    this.#agenda = agenda
  }

  send(bytes: number, { links, capBytesPerS }: Path, done: () => void): void {
    this.#advance()
    this.#flows.add({ left: bytes, rate: 0, cap: capBytesPerS / 1000, links, done })
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
    shareFairly([...this.#flows])
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

/** Progressive filling (Bertsekas and Gallager, Data Networks, 6.5.2). */
function shareFairly(flows: readonly Flow[]): void {
  const free = new Map<Link, number>()
  for (const { links } of flows) {
    for (const link of links) free.set(link, link.bytesPerS / 1000)
  }
  let open = flows
  while (open.length > 0) {
    const { link, share } = narrowest(open, free)
    const content = open.filter(({ cap }) => cap <= share)
    const settled = content.length > 0 ? content : open.filter(({ links }) => links.includes(link!))
    for (const flow of settled) settle(flow, Math.min(flow.cap, share), free)
    const gone = new Set(settled)
    open = open.filter(flow => !gone.has(flow))
  }
}

/** The link that has least for each of those who pass it. */
function narrowest(open: readonly Flow[], free: ReadonlyMap<Link, number>) {
  const users = new Map<Link, number>()
  for (const { links } of open) {
    for (const link of links) users.set(link, (users.get(link) ?? 0) + 1)
  }
  let found = { link: undefined as Link | undefined, share: Number.POSITIVE_INFINITY }
  for (const [link, count] of users) {
    const share = free.get(link)! / count
    if (share < found.share) found = { link, share }
  }
  return found
}

function settle(flow: Flow, rate: number, free: Map<Link, number>): void {
  flow.rate = rate
  if (!Number.isFinite(rate)) return
  for (const link of flow.links) free.set(link, free.get(link)! - rate)
}
