import type { PlanLoad } from './plan-load.ts'
import type { DeviceProfile, Fleet } from './profile.ts'
import { meanSlowness } from './profile.ts'
import { neededOf } from './rough-cost.ts'
import type { StageLoad } from './stage-load.ts'
import { addWork, type Work, workMs } from './work.ts'

/** How long one inference keeps each resource, in milliseconds. */
export interface Demands {
  readonly engine: number
  readonly hop: number
  readonly network: number
  readonly devices: number
}

/**
 * Requests per second that a plan can answer with `running` of them under way, after the bounds of
 * operational analysis (Denning, Buzen, Computing Surveys 10(3), 1978): no resource can be busy for
 * longer than always, and none of the requests can be faster than alone:
 *
 *     X ≤ min(running / latency, 1 / largest demand)
 */
export function throughputOf(
  { load, meanMs }: { load: PlanLoad; meanMs: number },
  fleet: Fleet,
  running: number,
): number {
  const largest = Math.max(...Object.values(demandsOf(load, fleet)))
  return 1000 * Math.min(running / meanMs, 1 / largest)
}

/** Of one inference: the coordinator's engine, hop and interface, and the busiest device. */
export function demandsOf(load: PlanLoad, fleet: Fleet): Demands {
  const { coordinator } = fleet
  const { hop, nic } = coordinator
  const graphMs = (work: Work) =>
    workMs(work, coordinator) * (1 + coordinator.straggling) +
    (work.flops + work.bytes > 0 ? coordinator.perRunMs : 0)
  const graphs = load.stages.flatMap(({ head, encode, side, assemble }) => [
    addWork(head, encode, assemble),
    side,
  ])
  const bytes = load.stages.map(({ code, bytesOut, bytesIn }) => [
    code.n * bytesOut,
    code.n * bytesIn,
  ])
  const [out, back] = [0, 1].map(way => sum(bytes.map(ways => ways[way]!))) as [number, number]
  const messages = 2 * sum(load.stages.map(({ code }) => code.n))
  const busiest = nic.duplex === 'half' ? out + back : Math.max(out, back)
  return {
    engine: sum([...graphs, load.tail].map(graphMs)),
    hop: messages * hop.perMessageMs + ((out + back) / hop.bytesPerS) * 1000,
    network: (busiest / nic.bytesPerS) * 1000,
    devices: sum(load.stages.map(stage => deviceMs(stage, fleet))),
  }
}

/**
 * Rows that are fewer than devices fall to whoever is idle, so that all share them by speed. Of the
 * others each device has its share; what nobody waits for is dropped from the queues.
 */
function deviceMs(stage: StageLoad, { devices }: Fleet): number {
  const { n } = stage.code
  const times = devices.map(device => rowMs(stage.subtask, device))
  const shares = stage.rowsPerDevice
  if (shares) return Math.max(...times.map((ms, i) => ms * shares[i]!))
  if (n <= devices.length) return n / sum(times.map(ms => 1 / ms))
  return (Math.max(...times) * neededOf(stage)) / devices.length
}

function rowMs(work: Work, device: DeviceProfile): number {
  return workMs(work, device) * meanSlowness(device) + device.perSubtaskMs
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
