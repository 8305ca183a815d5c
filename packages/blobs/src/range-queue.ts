/** A device's request for a range of a blob. */
export interface RangeRequest {
  readonly device: string
  readonly sha: string
  readonly offset: number
  readonly length: number
  /** Bytes that will be read for it. */
  readonly bytes: number
  /** Topic of the request, for the count of what was ignored. */
  readonly topic: string
}

/** Bounds of a queue. */
export interface RangeQueueLimits {
  /** Ranges of one device that are served at once. */
  readonly maxPerDevice: number
  /** Ranges of all devices that are served at once, however short. */
  readonly maxActive: number
  /** Bytes of all the ranges that are served at once; no range may have more. */
  readonly maxBytes: number
  /** Requests of one device that may wait. */
  readonly maxWaitingPerDevice: number
  /** Requests of all devices that may wait. */
  readonly maxWaiting: number
}

interface Lane {
  readonly waiting: RangeRequest[]
  /** Keys of the requests that wait or are served. */
  readonly known: Set<string>
  active: number
}

/**
 * Requests waiting to be served. Devices take turns, so one that asks for a lot delays nobody; each
 * is served few ranges at once, since the broker holds for a slow device whatever it is sent.
 */
export class RangeQueue {
  readonly #limits: RangeQueueLimits
  readonly #serve: (request: RangeRequest) => Promise<void>
  /** In the order of their next turn. */
  readonly #lanes = new Map<string, Lane>()
  readonly #served = new Set<Promise<void>>()
  #waiting = 0
  #bytes = 0

  /** @param serve never rejects */
  constructor(limits: RangeQueueLimits, serve: (request: RangeRequest) => Promise<void>) {
    this.#limits = limits
    this.#serve = serve
  }

  /** Bytes of the ranges being served. */
  get bytesInFlight(): number {
    return this.#bytes
  }

  /** Takes a request unless the same one waits already or too many do. */
  offer(request: RangeRequest): 'taken' | 'duplicate' | 'busy' {
    const lane = this.#lanes.get(request.device) ?? { waiting: [], known: new Set(), active: 0 }
    if (lane.known.has(keyOf(request))) return 'duplicate'
    const { maxWaiting, maxWaitingPerDevice } = this.#limits
    if (this.#waiting >= maxWaiting || lane.waiting.length >= maxWaitingPerDevice) return 'busy'
    lane.waiting.push(request)
    lane.known.add(keyOf(request))
    this.#waiting += 1
    this.#lanes.set(request.device, lane)
    this.#pump()
    return 'taken'
  }

  /** Forgets what waits and resolves when what is being served is done. */
  async drain(): Promise<void> {
    for (const lane of this.#lanes.values()) lane.waiting.length = 0
    this.#lanes.clear()
    this.#waiting = 0
    await Promise.all(this.#served)
  }

  #pump(): void {
    for (let next = this.#next(); next; next = this.#next()) this.#start(next)
  }

  #next(): RangeRequest | undefined {
    if (this.#served.size >= this.#limits.maxActive) return undefined
    for (const lane of this.#lanes.values()) {
      const [request] = lane.waiting
      if (!request || lane.active >= this.#limits.maxPerDevice) continue
      // Smaller ranges behind this one wait too, or it might never find room.
      return this.#bytes + request.bytes <= this.#limits.maxBytes ? request : undefined
    }
    return undefined
  }

  #start(request: RangeRequest): void {
    const lane = this.#lanes.get(request.device)!
    lane.waiting.shift()
    lane.active += 1
    this.#waiting -= 1
    this.#bytes += request.bytes
    this.#lanes.delete(request.device)
    this.#lanes.set(request.device, lane)
    const served = this.#serve(request).finally(() => {
      this.#served.delete(served)
      this.#finish(request, lane)
    })
    this.#served.add(served)
  }

  #finish(request: RangeRequest, lane: Lane): void {
    lane.active -= 1
    lane.known.delete(keyOf(request))
    this.#bytes -= request.bytes
    if (lane.active === 0 && lane.waiting.length === 0) this.#lanes.delete(request.device)
    this.#pump()
  }
}

function keyOf({ sha, offset, length }: RangeRequest): string {
  return `${sha} ${offset} ${length}`
}
