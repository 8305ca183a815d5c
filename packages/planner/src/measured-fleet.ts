import type { MeasuredLink } from './own-link.ts'
import { type CoordinatorProfile, type DeviceProfile, type Fleet, meanSlowness } from './profile.ts'
import { boards, coordinatorPi4 } from './profiles.ts'
import type { MeasuredWay } from './shared-way.ts'
import type { MeasuredSpeed } from './speed-meter.ts'
import type { Speed } from './work.ts'

/** A device as far as it has been measured; the rest is taken from a Pi 4B on gigabit Ethernet. */
export interface MeasuredDevice {
  readonly name: string
  readonly speed: Omit<MeasuredSpeed, 'distance'> | undefined
  readonly link: MeasuredLink | undefined
}

/** What has been measured of all together. */
export interface MeasuredSurroundings {
  /** Of the coordinator. */
  readonly speed: MeasuredSpeed
  /** Shared by all subtasks, once measured: then the network interface is part of it. */
  readonly way: MeasuredWay | undefined
  /** Fixed time of decoding, once measured. */
  readonly perDecodeMs: number | undefined
  /** Deaths of devices per second of computing. */
  readonly failuresPerS: number
}

/** Time until the death of a device is noticed by its will, and its rows issued again. */
const noticeMs = 50

/**
 * The fleet at hand for the planner. The fastest devices come first: they are asked first. A device that
 * has not said how fast it is yet is taken for one like the others, or like the coordinator.
 */
export function measuredFleet(
  devices: readonly MeasuredDevice[],
  { failuresPerS, ...own }: MeasuredSurroundings,
): Fleet {
  const known = devices.flatMap(device => device.speed ?? []).sort(bySpeed)
  const typical = known[known.length >> 1] ?? own.speed
  const profiles = devices
    .map(device => ({ ...profileOf(device, typical), failuresPerS }))
    .sort(bySpeed)
  return { coordinator: coordinatorOf(own), devices: profiles, noticeMs }
}

function bySpeed(a: Speed, b: Speed): number {
  return b.flopsPerS - a.flopsPerS
}

function profileOf(
  { name, speed, link: measured }: MeasuredDevice,
  typical: Omit<MeasuredSpeed, 'distance'>,
): DeviceProfile {
  const { flopsPerS, memoryBytesPerS, straggling, slowness, perRunMs } = speed ?? typical
  const { lateness, ...link } = measured ?? { ...boards.pi4.link, lateness: 0 }
  // Whether a device computes longer or answers later is one to who waits for it.
  const spread = {
    straggling: straggling + lateness,
    slowness: lateness > straggling ? undefined : slowness,
  }
  return {
    ...boards.pi4,
    flopsPerS,
    memoryBytesPerS,
    perSubtaskMs: perRunMs,
    ...spread,
    name,
    link,
  }
}

function coordinatorOf({
  speed,
  way,
  perDecodeMs,
}: Omit<MeasuredSurroundings, 'failuresPerS'>): CoordinatorProfile {
  const { flopsPerS, memoryBytesPerS, straggling, samples } = speed
  const perRunMs = samples > 0 ? speed.perRunMs : coordinatorPi4.perRunMs
  const fixed = { perRunMs, perDecodeMs: perDecodeMs ?? perRunMs }
  const own = { ...coordinatorPi4, flopsPerS, memoryBytesPerS, straggling, ...fixed }
  if (!way) return own
  return { ...own, hop: way, nic: { bytesPerS: Number.POSITIVE_INFINITY, duplex: 'full' } }
}

/** What is measured scatters; smaller changes are none. */
const tolerance = 0.1

/** A tenth of this, more or less, is no change. */
const leastFailuresPerS = 0.05

/** A message of middling size, by which links are compared. */
const typicalBytes = 100_000

/** Whether a fleet has other devices than before, or any of its figures is another by more than a tenth. */
export function hasChanged(before: Fleet, now: Fleet): boolean {
  const [old, present] = [before, now].map(figuresOf) as [Map<string, number>, Map<string, number>]
  if (old.size !== present.size) return true
  return [...present].some(([what, ms]) => {
    const was = old.get(what)
    return was === undefined || Math.abs(ms - was) > tolerance * Math.max(was, ms)
  })
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
