import { type Fleet, meanSlowness } from './profile.ts'
import type { Speed } from './work.ts'

/** What is measured scatters; smaller changes are none. */
const tolerance = 0.1

/** A tenth of this, more or less, is no change. */
const leastFailuresPerS = 0.05

/** A message of middling size, by which links are compared. */
const typicalBytes = 100_000

interface Range {
  readonly least: number
  readonly most: number
}

/** Fleets of the same devices, by the least and the most of every figure. */
export class FleetRange {
  #ranges: ReadonlyMap<string, Range>

  constructor(fleet: Fleet) {
    const figures = [...figuresOf(fleet)]
    this.#ranges = new Map(figures.map(([what, ms]) => [what, { least: ms, most: ms }]))
  }

  /** Whether a fleet has these very devices, and no figure lies outside by more than a tenth. */
  covers(fleet: Fleet): boolean {
    const figures = figuresOf(fleet)
    if (figures.size !== this.#ranges.size) return false
    return [...figures].every(([what, ms]) => {
      const range = this.#ranges.get(what)
      return range !== undefined && isWithin(ms, range)
    })
  }

  /** Who is no longer in the fleet is forgotten. */
  widen(fleet: Fleet): void {
    const widened = [...figuresOf(fleet)].map(([what, ms]): [string, Range] => {
      const { least, most } = this.#ranges.get(what) ?? { least: ms, most: ms }
      return [what, { least: Math.min(least, ms), most: Math.max(most, ms) }]
    })
    this.#ranges = new Map(widened)
  }
}

function isWithin(ms: number, { least, most }: Range): boolean {
  return least - ms <= tolerance * least && ms - most <= tolerance * ms
}

/** Milliseconds by what takes them, of which those far below one are the jitter of timers; and failures. */
function figuresOf({ coordinator, devices }: Fleet): Map<string, number> {
  const { hop, nic } = coordinator
  const gigaMs = (speed: Speed) => 1e12 / speed.flopsPerS
  const wayMs = (typicalBytes / hop.bytesPerS + typicalBytes / nic.bytesPerS) * 1000
  return new Map([
    ['coordinator', gigaMs(coordinator)],
    ['decoding', 1 + coordinator.perDecodeMs],
    ['way', 1 + hop.perMessageMs + wayMs],
    ...devices.flatMap((device): [string, number][] => {
      const { link, name } = device
      const linkMs = link.latencyMs + link.delayMs + (typicalBytes / link.bytesPerS) * 1000
      return [
        [`${name} computes`, gigaMs(device) * meanSlowness(device)],
        [`${name} travels`, 1 + linkMs],
        [`${name} fails`, leastFailuresPerS + device.failuresPerS],
      ]
    }),
  ])
}
