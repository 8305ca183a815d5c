import { PlannerError } from './errors.ts'
import type { CoordinatorProfile, DeviceProfile, Fleet } from './profile.ts'

type Board = Omit<DeviceProfile, 'name'>

/**
 * Figures of a Pi 4B after published measurements, to be replaced by those of the devices at hand
 * as soon as there are some:
 *
 * | figure | value | from |
 * |---|---|---|
 * | arithmetic | 20 GFLOP/s | onnxruntime on convolutions, three of four cores; ncnn reaches 30 to 56 |
 * | memory | 3 GB/s | copies of tensors beyond the cache |
 * | gigabit Ethernet | 117.5 MB/s | TCP, 941 Mb/s |
 * | Wi-Fi | 10 MB/s, half duplex, one medium | 80 Mb/s at 5 GHz |
 * | hop | 120 MB/s, 1.5 ms a message | JavaScript and broker at a fifth of an x86 core, by `cocoi testbed` |
 * | each graph, and decoding | 2.5 ms, 6 ms | the way of the tensors to the coordinator's engine and back, likewise |
 */
const pi4: Board = {
  flopsPerS: 20e9,
  memoryBytesPerS: 3e9,
  straggling: 0.05,
  perSubtaskMs: 1,
  link: { bytesPerS: 117.5e6, latencyMs: 1, straggling: 0.05, delayMs: 2 },
  failuresPerS: 0,
}

export const coordinatorPi4: CoordinatorProfile = {
  flopsPerS: 20e9,
  memoryBytesPerS: 3e9,
  straggling: 0.02,
  perRunMs: 2.5,
  perDecodeMs: 6,
  hop: { bytesPerS: 120e6, perMessageMs: 1.5 },
  nic: { bytesPerS: 117.5e6, duplex: 'full' },
}

const wifi = { bytesPerS: 10e6, latencyMs: 4, straggling: 0.3, delayMs: 0 }

/** Single devices, relative to a Pi 4: half as fast with 100 Mb/s, four times as fast, hot. */
export const boards = {
  pi4,
  pi3: { ...pi4, flopsPerS: 8e9, memoryBytesPerS: 1.5e9, link: { ...pi4.link, bytesPerS: 11.7e6 } },
  pi5: { ...pi4, flopsPerS: 80e9, memoryBytesPerS: 8e9 },
  /** A Pi 4 at 600 MHz. */
  throttled: { ...pi4, flopsPerS: 8e9, memoryBytesPerS: 1.5e9 },
} as const satisfies Record<string, Board>

interface Profile {
  readonly description: string
  readonly coordinator: CoordinatorProfile
  /** The kinds of devices, in turn. */
  readonly boards: readonly Board[]
}

/** Fleets by name. */
export const PROFILES = {
  'pi4-gbe': {
    description: 'Raspberry Pi 4B, onnxruntime, gigabit Ethernet',
    coordinator: coordinatorPi4,
    boards: [pi4],
  },
  'pi4-wifi': {
    description: 'Raspberry Pi 4B, onnxruntime, 80 Mb/s of Wi-Fi shared by all',
    coordinator: { ...coordinatorPi4, nic: { bytesPerS: wifi.bytesPerS, duplex: 'half' } },
    boards: [{ ...pi4, link: wifi }],
  },
  'pi4-slow': {
    description: 'Raspberry Pi 4B, a runtime of 1 GFLOP/s as in the paper, gigabit Ethernet',
    coordinator: { ...coordinatorPi4, flopsPerS: 1e9 },
    boards: [{ ...pi4, flopsPerS: 1e9 }],
  },
  mixed: {
    description: 'Raspberry Pi 5, 4B and 3B in turn, gigabit Ethernet',
    coordinator: coordinatorPi4,
    boards: [boards.pi5, boards.pi4, boards.pi3],
  },
  'pi4-throttled': {
    description: 'Raspberry Pi 4B, every fifth at 600 MHz because it is hot',
    coordinator: coordinatorPi4,
    boards: [pi4, pi4, pi4, pi4, boards.throttled],
  },
} as const satisfies Record<string, Profile>

export type ProfileName = keyof typeof PROFILES

/**
 * @throws {PlannerError} ERR_UNKNOWN_PROFILE, naming those there are
 */
export function profileName(text: string): ProfileName {
  if (Object.hasOwn(PROFILES, text)) return text as ProfileName
  const known = Object.keys(PROFILES).join(', ')
  throw new PlannerError('ERR_UNKNOWN_PROFILE', `there is no profile "${text}"; there are ${known}`)
}

/** A fleet of so many devices of a profile, named pi-00, pi-01, … */
export function fleetOf(name: ProfileName, devices: number): Fleet {
  const { coordinator, boards: kinds }: Profile = PROFILES[name]
  const digits = String(Math.max(0, devices - 1)).length
  const named = Array.from({ length: devices }, (_, i) => ({
    ...kinds[i % kinds.length]!,
    name: `pi-${String(i).padStart(Math.max(2, digits), '0')}`,
  }))
  return { coordinator, devices: named, noticeMs: 50 }
}
