import type { CoordinatorProfile, DeviceProfile, Fleet, LinkProfile } from './profile.ts'
import { boards, coordinatorPi4 } from './profiles.ts'
import type { MeasuredSpeed } from './speed-meter.ts'
import type { MeasuredWay } from './way-meter.ts'

/** A device as far as it has been measured; the rest is taken from a Pi 4B on gigabit Ethernet. */
export interface MeasuredDevice {
  readonly name: string
  readonly speed: Omit<MeasuredSpeed, 'distance'> | undefined
  readonly link: LinkProfile | undefined
}

/** Time until the death of a device is noticed by its will, and its rows issued again. */
const noticeMs = 50

/**
 * The fleet at hand for the planner. The fastest devices come first: they are asked first.
 *
 * @param way shared by all subtasks, once measured: then the network interface is part of it
 */
export function measuredFleet(
  devices: readonly MeasuredDevice[],
  { speed, way }: { speed: MeasuredSpeed; way: MeasuredWay | undefined },
): Fleet {
  const profiles = devices.map(profileOf).sort((a, b) => b.flopsPerS - a.flopsPerS)
  return { coordinator: coordinatorOf(speed, way), devices: profiles, noticeMs }
}

function profileOf({ name, speed, link = boards.pi4.link }: MeasuredDevice): DeviceProfile {
  if (!speed) return { ...boards.pi4, name, link }
  const { flopsPerS, memoryBytesPerS, straggling, slowness, perRunMs } = speed
  const compute = { flopsPerS, memoryBytesPerS, straggling, slowness, perSubtaskMs: perRunMs }
  return { ...boards.pi4, ...compute, name, link }
}

function coordinatorOf(speed: MeasuredSpeed, way: MeasuredWay | undefined): CoordinatorProfile {
  const { flopsPerS, memoryBytesPerS, straggling, samples } = speed
  const perRunMs = samples > 0 ? speed.perRunMs : coordinatorPi4.perRunMs
  const own = { ...coordinatorPi4, flopsPerS, memoryBytesPerS, straggling, perRunMs }
  if (!way) return own
  return { ...own, hop: way, nic: { bytesPerS: Number.POSITIVE_INFINITY, duplex: 'full' } }
}
