import type { MeasuredLink } from './own-link.ts'
import type { CoordinatorProfile, DeviceProfile, Fleet } from './profile.ts'
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
