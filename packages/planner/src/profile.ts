import type { Speed } from './work.ts'

/** The way of a message between coordinator and one device, one direction. */
export interface LinkProfile {
  /** Bytes per second of the device's own link; the coordinator's is shared and stands elsewhere. */
  readonly bytesPerS: number
  /** Fixed part of every message: hops, parsing. */
  readonly latencyMs: number
  /** Mean of the exponential part of a transmission, relative to its time on the own link. */
  readonly straggling: number
  /** Mean of a further exponential delay of every message, whatever its size. */
  readonly delayMs: number
}

/**
 * A device as the planner sees it. A phase with N units of work takes `N·θ·(1 + σ·Exp(1))`: a
 * shifted exponential with shift Nθ and mean N(θ + 1/μ), where σ = 1/(μθ) (arXiv:2501.06856, the
 * distributions of T_rec, T_cmp and T_sen).
 */
export interface DeviceProfile extends Speed {
  readonly name: string
  /** σ of the compute phase. */
  readonly straggling: number
  /**
   * Where a shifted exponential fits badly (throttling is bimodal, for example): quantiles at equal
   * steps from 0 to 1 of compute time over its undisturbed time; `straggling` is then not used.
   */
  readonly slowness?: readonly number[] | undefined
  /** Fixed time of every subtask: queue, session call. */
  readonly perSubtaskMs: number
  readonly link: LinkProfile
  /** Deaths per second of computing; whoever dies is back for the next inference. */
  readonly failuresPerS: number
}

/** The coordinator with the broker on the same machine: what all subtasks of a stage share. */
export interface CoordinatorProfile extends Speed {
  /** σ of encoding, decoding and local layers. */
  readonly straggling: number
  /** Fixed time of one run of a graph. */
  readonly perRunMs: number
  /** Fixed time of decoding: its graph, and the way of the survivors there and of the pieces back. */
  readonly perDecodeMs: number
  /** JavaScript and broker: one message after the other, in both directions. */
  readonly hop: { readonly bytesPerS: number; readonly perMessageMs: number }
  /** Network interface, shared by all transfers; `half`: also by the two directions. */
  readonly nic: { readonly bytesPerS: number; readonly duplex: 'full' | 'half' }
}

export interface Fleet {
  readonly coordinator: CoordinatorProfile
  /** In the order in which the scheduler asks them. */
  readonly devices: readonly DeviceProfile[]
  /** Time until rows of a device that fails are issued again. */
  readonly noticeMs: number
}

/** Whether devices differ so much in speed that equal shares of the rows would waste the fast ones. */
export function isUneven({ devices }: Fleet): boolean {
  const times = devices.map(device => (1 / device.flopsPerS) * meanSlowness(device))
  return Math.max(...times) > 1.15 * Math.min(...times)
}

/** Mean of compute time over its undisturbed time. */
export function meanSlowness({ slowness, straggling }: DeviceProfile): number {
  if (!slowness) return 1 + straggling
  const inner = slowness.reduce((sum, value) => sum + value, 0)
  return (inner - (slowness[0]! + slowness.at(-1)!) / 2) / (slowness.length - 1)
}
