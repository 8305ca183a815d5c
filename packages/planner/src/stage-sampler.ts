import type { CompletionRule } from './completion.ts'
import { type Draws, slownessOf } from './draws.ts'
import type { DeviceProfile, Fleet } from './profile.ts'
import { shareLink } from './shared-link.ts'
import { spreadRows } from './spread-rows.ts'
import type { StageLoad } from './stage-load.ts'
import { workMs } from './work.ts'

/** What earlier stages keep busy, and until when; and what they have lost. */
export interface Busy {
  /** By device: a subtask that has begun is finished, wanted or not. */
  readonly devices: Float64Array
  /** By device: since when it has been dead; Infinity while it lives. */
  readonly deadSince: Float64Array
  /** The coordinator's hop: results that come too late pass it all the same. */
  hop: number
}

/** An exponential number that is hardly ever exceeded, as a multiple of its mean. */
const rarely = 3

/** Numbers drawn for one row. */
export const drawsPerRow = 6

/**
 * One stage on a fleet, drawn at random as often as wanted.
 *
 * All rows leave at once. They pass the coordinator's hop one after the other, then its network
 * interface and their own links together; each device computes its rows in order; the results come
 * back over the shared interface and the hop. The stage is complete when the results that are in
 * determine it. What a device has begun it finishes, and what is on its way arrives: `Busy` carries
 * that over to the next stage.
 */
export class StageSampler {
  /** Pieces that had to be solved for in the last sample. */
  missing = 0
  #needed = 0
  readonly #fleet: Fleet
  readonly #load: StageLoad
  readonly #rule: CompletionRule
  /** By row, while all devices live. */
  readonly #allOwners: Int32Array
  /** By row, in the current sample. */
  #owners: Int32Array
  /** When each row is at its device, if nothing disturbs it. */
  readonly #arrivals: Float64Array
  readonly #nominalMs: Float64Array
  /** Index of the coordinator beside those of the devices. */
  readonly #here: number
  /** Whether it is through with a row before a device is with two. */
  readonly #hereHelps: boolean
  /** Indices of the devices, the fastest first. */
  readonly #bySpeed: readonly number[]
  readonly #startsAt: Float64Array
  readonly #doneAt: Float64Array
  readonly #readyAt: Float64Array
  /** Of the rows that are sent, by the instant at which they are ready. */
  #order: Int32Array
  readonly #times: Float64Array
  readonly #due: Float64Array
  readonly #ownLinkMs: Float64Array
  /** By device: when it is through with the rows it was given so far. */
  readonly #latest: Float64Array

  constructor(load: StageLoad, fleet: Fleet, rule: CompletionRule) {
    const { n } = load.code
    const { devices } = fleet
    this.#load = load
    this.#fleet = fleet
    this.#rule = rule
    this.#here = devices.length
    this.#nominalMs = Float64Array.from([...devices, fleet.coordinator], machine =>
      workMs(load.subtask, machine),
    )
    const fastestMs = Math.min(...devices.map((_, device) => this.#onceMs(device)))
    this.#hereHelps = this.#onceMs(this.#here) < 2 * fastestMs
    this.#bySpeed = [...devices.keys()].sort((a, b) => this.#onceMs(a) - this.#onceMs(b))
    this.#allOwners = this.#spread(load.rowsPerDevice ?? devices.map(() => 1))
    this.#owners = this.#allOwners
    this.#ownLinkMs = Float64Array.from(
      this.#owners,
      owner => (load.bytesIn / (devices[owner]?.link.bytesPerS ?? Number.POSITIVE_INFINITY)) * 1000,
    )
    const room = () => new Float64Array(n)
    ;[this.#startsAt, this.#doneAt, this.#readyAt] = [room(), room(), room()]
    ;[this.#times, this.#due] = [room(), room()]
    this.#latest = new Float64Array(devices.length + 1)
    this.#order = new Int32Array(this.#allOwners.length)
    this.#arrivals = this.#outward()
  }

  /**
   * Draws the stage once.
   *
   * @param startAt when the rows are sent
   * @param busy    updated
   * @returns when the stage is complete
   */
  sample(draws: Draws, start: number, startAt: number, busy: Busy): number {
    this.#latest.set(busy.devices)
    const sentAt = Math.max(startAt, busy.hop)
    this.#latest[this.#here] = sentAt
    this.#owners = this.#ownersAt(sentAt, busy.deadSince)
    this.#order = this.#order.length === this.#owners.length ? this.#order : this.#owners.slice()
    for (let row = 0; row < this.#owners.length; row++) {
      this.#compute(row, { draws, start: start + row * drawsPerRow, startAt: sentAt, busy })
    }
    this.#repeatLost(sentAt, busy.deadSince)
    const endAt = this.#collect(sentAt)
    this.#leaveBusy(endAt, busy)
    return endAt
  }

  /** Who is asked for which row: nobody who is known to be dead. */
  #ownersAt(now: number, deadSince: Float64Array): Int32Array {
    const isKnown = (since: number) => since + this.#fleet.noticeMs <= now
    if (!deadSince.some(isKnown)) return this.#allOwners
    const { rowsPerDevice } = this.#load
    const alive = Array.from(deadSince, since => (isKnown(since) ? 0 : 1))
    const shares = alive.map((one, i) => one * (rowsPerDevice?.[i] ?? 1))
    return this.#spread(shares.some(share => share > 0) ? shares : alive)
  }

  /**
   * Of the rows beyond the k that are needed only those are sent that find a share; fast devices are
   * asked first, and the coordinator takes the first row that would queue.
   */
  #spread(shares: readonly number[]): Int32Array {
    const { n, k } = this.#load.code
    const places = shares.reduce((sum, share) => sum + share, 0)
    const rows = Math.min(n, Math.max(k, places))
    const ordered = this.#bySpeed.map(device => shares[device]!)
    const owners = spreadRows(rows, ordered).map(place => this.#bySpeed[place]!)
    if (rows > places && this.#hereHelps) owners[places] = this.#here
    return owners
  }

  #leaveBusy(endAt: number, busy: Busy): void {
    let computed = 0
    for (let row = 0; row < this.#owners.length; row++) {
      const owner = this.#owners[row]!
      if (owner === this.#here || this.#startsAt[row]! >= endAt) continue // dropped before it began
      busy.devices[owner] = Math.max(busy.devices[owner]!, this.#doneAt[row]!)
      if (this.#doneAt[row]! < endAt) computed += 1
    }
    const inVain = Math.max(0, computed - this.#needed)
    busy.hop = endAt + inVain * this.#hopMs(this.#load.bytesIn)
  }

  #compute(
    row: number,
    { draws, start, startAt, busy }: { draws: Draws; start: number; startAt: number; busy: Busy },
  ): void {
    const owner = this.#owners[row]!
    const device = this.#fleet.devices[owner]
    if (!device) return this.#computeHere(row, startAt, draws.at(start, 2))
    const arrival = startAt + this.#arrivals[row]! + this.#delay(device, 'out', draws, start)
    const beginsAt = Math.max(arrival, this.#latest[owner]!)
    const slowed = this.#nominalMs[owner]! * slownessOf(device, draws.at(start, 2))
    const doneAt = beginsAt + device.perSubtaskMs + slowed
    this.#latest[owner] = doneAt
    this.#startsAt[row] = beginsAt
    this.#doneAt[row] = doneAt
    this.#readyAt[row] =
      doneAt + device.link.latencyMs + this.#delay(device, 'in', draws, start + 3)
    if (device.failuresPerS > 0 && busy.deadSince[owner] === Number.POSITIVE_INFINITY) {
      const livesMs = (draws.at(start, 5) / device.failuresPerS) * 1000
      if (livesMs < slowed) busy.deadSince[owner] = beginsAt + livesMs
    }
    if (busy.deadSince[owner]! < doneAt) this.#readyAt[row] = Number.POSITIVE_INFINITY
  }

  #computeHere(row: number, startAt: number, draw: number): void {
    const { straggling } = this.#fleet.coordinator
    const endAt = startAt + this.#nominalMs[this.#here]! * (1 + straggling * draw)
    this.#latest[this.#here] = endAt
    this.#startsAt[row] = startAt
    this.#readyAt[row] = endAt
  }

  /**
   * Rows of dead devices are computed again, by whoever is free first: when the death is noticed, or
   * when the row is hedged after half as long again as a subtask hardly ever takes. Where they would
   * queue, or nobody is left, the coordinator does it.
   */
  #repeatLost(sentAt: number, deadSince: Float64Array): void {
    for (let row = 0; row < this.#owners.length; row++) {
      if (this.#readyAt[row] !== Number.POSITIVE_INFINITY) continue
      const owner = this.#owners[row]!
      const hedgedAt = sentAt + this.#hedgeMs(row)
      const noticedAt = Math.min(hedgedAt, deadSince[owner]! + this.#fleet.noticeMs)
      const other = this.#firstFree(noticedAt, deadSince)
      const from = Math.max(noticedAt, this.#latest[other]!)
      const onceMs = this.#onceMs(other)
      this.#latest[other] = from + onceMs
      this.#startsAt[row] = Number.POSITIVE_INFINITY
      this.#readyAt[row] = from + onceMs
    }
  }

  /** Half as long again as hardly any subtask takes until its result has been read behind all others. */
  #hedgeMs(row: number): number {
    const owner = this.#owners[row]!
    const { straggling = 0, link } = this.#fleet.devices[owner] ?? {}
    const computeMs = this.#onceMs(owner) * (1 + rarely * straggling)
    const lateMs = (link?.latencyMs ?? 0) + rarely * (link?.delayMs ?? 0)
    const readMs = this.#owners.length * this.#hopMs(this.#load.bytesIn)
    return Math.max(50, 1.5 * (this.#arrivals[row]! + computeMs + lateMs + readMs))
  }

  #onceMs(device: number): number {
    return this.#nominalMs[device]! + (this.#fleet.devices[device]?.perSubtaskMs ?? 0)
  }

  #firstFree(now: number, deadSince: Float64Array): number {
    let free: number | undefined
    for (let device = 0; device < deadSince.length; device++) {
      if (deadSince[device] !== Number.POSITIVE_INFINITY) continue
      if (free === undefined || this.#latest[device]! < this.#latest[free]!) free = device
    }
    if (free === undefined) return this.#here
    const isQueue = this.#latest[free]! > now
    const isSooner = this.#latest[this.#here]! <= this.#latest[free]!
    return isQueue && isSooner && this.#hereHelps ? this.#here : free
  }

  #delay({ link }: DeviceProfile, way: 'out' | 'in', draws: Draws, start: number): number {
    if (link.straggling === 0 && link.delayMs === 0) return 0
    const bytes = way === 'out' ? this.#load.bytesOut : this.#load.bytesIn
    const ownMs = (bytes / link.bytesPerS) * 1000
    return ownMs * link.straggling * draws.at(start, 0) + link.delayMs * draws.at(start, 1)
  }

  /** Results in the order in which they are ready, over the shared interface and the hop. */
  #collect(sentAt: number): number {
    const { nic } = this.#fleet.coordinator
    const count = this.#owners.length
    this.#sort(this.#readyAt)
    for (let i = 0; i < count; i++) this.#times[i] = this.#readyAt[this.#order[i]!]!
    const { bytesIn: bytes } = this.#load
    shareLink(this.#times, this.#due, { count, bytes, bytesPerMs: nic.bytesPerS / 1000 })
    const { needed, missing } = this.#rule(this.#order)
    this.missing = missing
    this.#needed = needed
    const hopMs = this.#hopMs(bytes)
    let freeAt = sentAt + count * this.#hopMs(this.#load.bytesOut)
    for (let i = 0; i < needed; i++) {
      const row = this.#order[i]!
      const through = Math.max(this.#times[i]!, this.#readyAt[row]! + this.#ownLinkMs[row]!)
      freeAt = Math.max(freeAt, through) + hopMs
    }
    return freeAt
  }

  #hopMs(bytes: number): number {
    const { perMessageMs, bytesPerS } = this.#fleet.coordinator.hop
    return perMessageMs + (bytes / bytesPerS) * 1000
  }

  /** Rows by time; few and nearly sorted, so by insertion. */
  #sort(times: Float64Array): void {
    const order = this.#order
    for (let i = 0; i < order.length; i++) {
      let place = i
      const time = times[i]!
      for (; place > 0 && times[order[place - 1]!]! > time; place--)
        order[place] = order[place - 1]!
      order[place] = i
    }
  }

  #outward(): Float64Array {
    const { nic } = this.#fleet.coordinator
    const { bytesOut: bytes } = this.#load
    const hopMs = this.#hopMs(bytes)
    const leaves = Float64Array.from(this.#owners, (_, row) => (row + 1) * hopMs)
    const arrivals = leaves.slice()
    const count = leaves.length
    shareLink(arrivals, new Float64Array(count), { count, bytes, bytesPerMs: nic.bytesPerS / 1000 })
    return arrivals.map((time, row) => {
      const device = this.#fleet.devices[this.#owners[row]!]
      if (!device) return 0
      const { link } = device
      return Math.max(time, leaves[row]! + (bytes / link.bytesPerS) * 1000) + link.latencyMs
    })
  }
}
