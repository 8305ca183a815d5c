import { boards, type CoordinatorProfile, type DeviceProfile, type Fleet } from '@cocoi/planner'

/** How much of a core of this machine the JavaScript of a Pi 4, on one of its cores, is worth. */
const jsOfPi4 = 0.2

/** How much of the time the JavaScript of a device has something to do, at most. */
const jsBusy = 0.25

/** A computer as it is imitated, undilated. */
export interface Hardware {
  /** Convolutions of a good runtime on it. */
  readonly flopsPerS: number
  /** The runtime, where it does less than the hardware could. */
  readonly runtimeFlopsPerS: number | undefined
  /** Share of one core of this machine for each thread of JavaScript. */
  readonly jsCores: number
  readonly linkBytesPerS: number
}

/** Arithmetic per byte of memory traffic on a Pi 4: what computes less has a slow runtime. */
const balance = boards.pi4.flopsPerS / boards.pi4.memoryBytesPerS

export function hardwareOf(device: DeviceProfile): Hardware {
  return { ...speedOf(device), linkBytesPerS: device.link.bytesPerS }
}

export function coordinatorHardware(coordinator: CoordinatorProfile): Hardware {
  return { ...speedOf(coordinator), linkBytesPerS: coordinator.nic.bytesPerS }
}

function speedOf({ flopsPerS, memoryBytesPerS }: DeviceProfile | CoordinatorProfile) {
  const isSlow = flopsPerS < memoryBytesPerS
  return {
    flopsPerS: isSlow ? memoryBytesPerS * balance : flopsPerS,
    runtimeFlopsPerS: isSlow ? flopsPerS : undefined,
    jsCores: (jsOfPi4 * memoryBytesPerS) / boards.pi4.memoryBytesPerS,
  }
}

/**
 * How many times slower everything has to run for the fleet to fit on this machine: all engines at work
 * at once, with the JavaScript that goes on meanwhile. In steps of a half.
 *
 * @param coreFlopsPerS of one core of this machine
 */
export function dilationFor(fleet: Fleet, cores: number, coreFlopsPerS: number): number {
  const head = coordinatorHardware(fleet.coordinator)
  const devices = fleet.devices.map(hardwareOf)
  const engine = (one: Hardware) => (one.runtimeFlopsPerS ?? one.flopsPerS) / coreFlopsPerS
  const demand =
    engine(head) +
    2 * head.jsCores +
    devices.reduce((sum, one) => sum + engine(one) + jsBusy * one.jsCores, 0)
  const widest = Math.max(...[head, ...devices].map(one => one.flopsPerS / coreFlopsPerS))
  return Math.max(1, Math.ceil(2 * Math.max(demand / cores, widest)) / 2)
}
