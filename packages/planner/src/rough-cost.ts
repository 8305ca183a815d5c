import { meanOfKth } from './order-statistics.ts'
import { type DeviceProfile, type Fleet, meanSlowness } from './profile.ts'
import type { StageLoad } from './stage-load.ts'
import { addWork, workMs } from './work.ts'

/** Where the time of a stage goes, in milliseconds, roughly. */
export interface CostParts {
  /** Encoding, decoding, joining: on the coordinator. */
  readonly coding: number
  /** On the coordinator's network interface, both ways. */
  readonly network: number
  /** In JavaScript and broker, where the network does not wait for them anyhow. */
  readonly messages: number
  /** On the devices, when nothing disturbs them. */
  readonly devices: number
  /** Waiting for the slowest result that is needed. */
  readonly straggling: number
}

/** An estimate without drawing: every resource by itself, one after the other. */
export function roughCost(load: StageLoad, fleet: Fleet): CostParts {
  const { code, bytesOut, bytesIn } = load
  const { coordinator, devices } = fleet
  const { n } = code
  const needed = neededOf(load)
  const loads = load.rowsPerDevice ?? devices.map((_, i) => Math.ceil((n - i) / devices.length))
  const busy = devices.filter((_, i) => loads[i]! > 0)
  const missing = code.scheme.type === 'mds' ? Math.round(((n - needed) * needed) / n) : 0
  const { hop, nic } = coordinator
  const alone = (device: DeviceProfile) => workMs(load.subtask, device) + device.perSubtaskMs
  const [onNic, inHop] = [1000 / nic.bytesPerS, 1000 / hop.bytesPerS]
  const network = (n * bytesOut + needed * bytesIn) * onNic
  const queued = (n + needed) * hop.perMessageMs + (n * bytesOut + needed * bytesIn) * inHop
  return {
    coding: workMs(addWork(load.encode, load.decode(missing), load.assemble), coordinator),
    network,
    messages: Math.max(0, queued - network) + 2 * hop.perMessageMs + (bytesOut + bytesIn) * inHop,
    devices: Math.max(...devices.map((device, i) => alone(device) * loads[i]!)),
    straggling: Math.max(...busy.map(device => stragglingMs(load, device, needed))),
  }
}

export function roughMs(load: StageLoad, fleet: Fleet): number {
  return Object.values(roughCost(load, fleet)).reduce((sum, ms) => sum + ms, 0)
}

/** Results that a stage waits for; of two copies each, on average three quarters. */
export function neededOf({ code }: StageLoad): number {
  const { scheme, n, k } = code
  return scheme.type === 'replication' ? Math.round((n + k) / 2) : k
}

/**
 * Mean of the exponential parts of the last result needed. Their sum is matched in mean M and
 * variance V by a shifted exponential, whose order statistic is known: M − √V + √V·(H_n − H_{n−k}).
 */
function stragglingMs(load: StageLoad, device: DeviceProfile, needed: number): number {
  const { link } = device
  const onLink = (bytes: number) => (bytes / link.bytesPerS) * 1000 * link.straggling
  const compute = workMs(load.subtask, device) * (meanSlowness(device) - 1)
  const parts = [compute, onLink(load.bytesOut), onLink(load.bytesIn), link.delayMs, link.delayMs]
  const mean = parts.reduce((sum, part) => sum + part, 0)
  const deviation = Math.hypot(...parts)
  return mean - deviation + deviation * meanOfKth(load.code.n, needed)
}
