import type { AdmissionRequest } from './admission-messages.ts'
import { Ranking } from './ranking.ts'

/** A request that leaves the room without having run, and why. */
export interface Leaving {
  readonly request: AdmissionRequest
  readonly why: 'superseded' | 'displaced' | 'refused'
}

/** One who has requests waiting or running. */
interface Client {
  readonly name: string
  running: number
  /** Instant on the room's own clock. */
  servedAt: number
  readonly lines: Map<number, Line>
}

/** What waits of one client at one priority, first come first. */
interface Line {
  readonly client: Client
  readonly priority: number
  readonly entries: Entry[]
  bytes: number
}

interface Entry {
  readonly request: AdmissionRequest
  /** When it came, on the room's own clock; one that supersedes another has the other's. */
  readonly cameAt: number
}

/** What it takes to let a request in. */
interface Change {
  readonly entry: Entry
  readonly older: Entry | undefined
  readonly displaced: readonly Entry[]
}

/**
 * Requests that wait, bounded in count and bytes, fair between clients of equal priority:
 *
 * - Round robin (fair queueing; Nagle, RFC 970): next is the client with the least under way, among
 *   equals the one whose turn was longest ago. A client who had nothing waiting comes last.
 * - Longest queue drop (Suter et al., INFOCOM 1998): when there are too many requests the client with
 *   the most loses its newest, when there are too many bytes the client with the most of those. Nobody
 *   loses anything to a request that finds no place itself.
 *
 * Priorities are strict: the highest goes next, the lowest makes room. Every call takes O(log n)
 * for each request that comes or goes.
 */
export class WaitingRoom {
  readonly #limits: { readonly maxWaiting: number; readonly maxWaitingBytes: number }
  readonly #entries = new Map<string, Entry>()
  /** Those of which only the newest waits. */
  readonly #newest = new Map<string, Entry>()
  readonly #clients = new Map<string, Client>()
  readonly #deadlines = new Ranking<Entry>((a, b) => a.request.deadlineAt - b.request.deadlineAt)
  readonly #turns = new Ranking(byTurn)
  readonly #mostRequests = new Ranking(heaviest(({ entries }) => entries.length))
  readonly #mostBytes = new Ranking(heaviest(({ bytes }) => bytes))
  /** Advances with every request that comes and every turn. */
  #clock = 0
  #bytes = 0

  constructor(limits: { readonly maxWaiting: number; readonly maxWaitingBytes: number }) {
    this.#limits = limits
  }

  get size(): number {
    return this.#entries.size
  }

  get bytes(): number {
    return this.#bytes
  }

  get keys(): readonly string[] {
    return [...this.#entries.keys()]
  }

  get earliestDeadline(): number | undefined {
    return this.#deadlines.first?.request.deadlineAt
  }

  has(key: string): boolean {
    return this.#entries.has(key)
  }

  /**
   * Takes a request in, in place of the older one if only the newest is wanted.
   *
   * @returns those that have to leave for it, or the request itself if it finds no place
   */
  admit(request: AdmissionRequest): readonly Leaving[] {
    const change = this.#squeezeIn(request)
    if (!change) return [{ request, why: 'refused' }]
    const { older, displaced } = change
    const superseded = older ? [leaving('superseded')(older)] : []
    return [...superseded, ...displaced.map(leaving('displaced'))]
  }

  /** Whether `admit` would find a place for such a request now. */
  hasPlaceFor(request: AdmissionRequest): boolean {
    const change = this.#squeezeIn(request)
    if (change) this.#undo(change)
    return change !== undefined
  }

  /** Whether it was there. */
  remove(key: string): boolean {
    const entry = this.#entries.get(key)
    if (entry) this.#take(entry)
    return entry !== undefined
  }

  takeExpired(now: number): AdmissionRequest[] {
    const expired: AdmissionRequest[] = []
    for (;;) {
      const entry = this.#deadlines.first
      if (!entry || entry.request.deadlineAt > now) return expired
      this.#take(entry)
      expired.push(entry.request)
    }
  }

  /** The request whose turn it is. */
  takeNext(): AdmissionRequest | undefined {
    const entry = this.#turns.first?.entries[0]
    if (entry) this.#take(entry)
    return entry?.request
  }

  /** A request of this client runs now. */
  started(name: string): void {
    this.#turn(this.#client(name), { running: +1, servedAt: ++this.#clock })
  }

  /** A request of this client runs no longer. */
  ended(name: string): void {
    const client = this.#client(name)
    this.#turn(client, { running: -1, servedAt: client.servedAt })
    this.#forgetIdle(client)
  }

  /** A ranking bears one member out of place at a time: all lines leave it and come back. */
  #turn(client: Client, { running, servedAt }: { running: 1 | -1; servedAt: number }): void {
    const lines = [...client.lines.values()]
    for (const line of lines) this.#turns.delete(line)
    client.running += running
    client.servedAt = servedAt
    for (const line of lines) this.#turns.place(line)
  }

  #squeezeIn(request: AdmissionRequest): Change | undefined {
    if (request.bytes > this.#limits.maxWaitingBytes) return undefined
    const older = request.newest ? this.#newest.get(streamOf(request)) : undefined
    const inherits = older?.request.priority === request.priority
    const entry = { request, cameAt: inherits ? older.cameAt : ++this.#clock }
    this.#put(entry)
    if (older) this.#take(older)
    const change = { entry, older, displaced: this.#makeRoom(entry) }
    if (this.has(request.key)) return change
    this.#undo(change)
    return undefined
  }

  /** Takes out the heaviest ones' newest, perhaps also `entry`, until there is not too much. */
  #makeRoom(entry: Entry): readonly Entry[] {
    const displaced: Entry[] = []
    for (let heaviest = this.#heaviest; heaviest; heaviest = this.#heaviest) {
      const victim = heaviest.entries.at(-1)!
      this.#take(victim)
      if (victim === entry) break
      displaced.push(victim)
    }
    return displaced
  }

  #undo({ entry, older, displaced }: Change): void {
    if (this.has(entry.request.key)) this.#take(entry)
    for (const other of displaced.toReversed()) this.#put(other)
    if (older) this.#put(older)
  }

  /** Who has most of what there is too much of. */
  get #heaviest(): Line | undefined {
    if (this.#bytes > this.#limits.maxWaitingBytes) return this.#mostBytes.first
    return this.size > this.#limits.maxWaiting ? this.#mostRequests.first : undefined
  }

  #put(entry: Entry): void {
    const { client, priority, key, bytes, newest } = entry.request
    this.#entries.set(key, entry)
    if (newest) this.#newest.set(streamOf(entry.request), entry)
    this.#deadlines.place(entry)
    const line = lineOf(this.#client(client), priority)
    const after = line.entries.findLastIndex(({ cameAt }) => cameAt <= entry.cameAt)
    line.entries.splice(after + 1, 0, entry)
    this.#weigh(line, bytes)
  }

  #take(entry: Entry): void {
    const { client, priority, key, bytes } = entry.request
    this.#entries.delete(key)
    const stream = streamOf(entry.request)
    if (this.#newest.get(stream) === entry) this.#newest.delete(stream)
    this.#deadlines.delete(entry)
    const line = lineOf(this.#client(client), priority)
    line.entries.splice(line.entries.indexOf(entry), 1)
    this.#weigh(line, -bytes)
  }

  #weigh(line: Line, bytes: number): void {
    line.bytes += bytes
    this.#bytes += bytes
    const { client, priority } = line
    for (const ranking of [this.#turns, this.#mostRequests, this.#mostBytes]) {
      if (line.entries.length > 0) ranking.place(line)
      else ranking.delete(line)
    }
    if (line.entries.length === 0) client.lines.delete(priority)
    this.#forgetIdle(client)
  }

  #client(name: string): Client {
    const known = this.#clients.get(name)
    if (known) return known
    const client = { name, running: 0, servedAt: 0, lines: new Map() }
    this.#clients.set(name, client)
    return client
  }

  /** No turn is lost: one who comes back comes last anyway. */
  #forgetIdle({ name, running, lines }: Client): void {
    if (running === 0 && lines.size === 0) this.#clients.delete(name)
  }
}

function streamOf({ client, model }: AdmissionRequest): string {
  return JSON.stringify([client, model])
}

function lineOf(client: Client, priority: number): Line {
  const known = client.lines.get(priority)
  if (known) return known
  const line = { client, priority, entries: [], bytes: 0 }
  client.lines.set(priority, line)
  return line
}

function byTurn(a: Line, b: Line): number {
  return (
    b.priority - a.priority || a.client.running - b.client.running || waitsSince(a) - waitsSince(b)
  )
}

function waitsSince({ client, entries }: Line): number {
  return Math.max(client.servedAt, entries[0]!.cameAt)
}

function heaviest(weight: (line: Line) => number) {
  return (a: Line, b: Line): number =>
    a.priority - b.priority ||
    weight(b) - weight(a) ||
    b.entries.at(-1)!.cameAt - a.entries.at(-1)!.cameAt
}

function leaving(why: Leaving['why']) {
  return ({ request }: Entry): Leaving => ({ request, why })
}
