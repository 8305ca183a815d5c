import { type Code, Decoder } from '@cocoi/coding'
import { type Fleet, type Work, workMs } from '@cocoi/planner'
import type { BusyDevices, SubtaskTimes } from '@cocoi/scheduler'
import type { Agenda } from './agenda.ts'
import type { Chance } from './chance.ts'
import type { Device } from './device.ts'
import type { Roster } from './roster.ts'
import type { Server } from './server.ts'
import type { Wire } from './wire.ts'

/** Settings of coordinator and devices, as in their configuration. */
export interface Limits {
  readonly maxOutstanding: number
  readonly subtaskTimeoutMs: number
  readonly deadlineMs: number
  readonly heartbeatMs: number
  readonly maxRunning: number
  readonly maxWaiting: number
  /** Noise amplification up to which survivors are decoded. */
  readonly maxAmplification: number
}

/** Everything that all inferences of a coordinator share; devices and roster also those of others. */
export interface World {
  readonly agenda: Agenda
  readonly fleet: Fleet
  readonly limits: Limits
  readonly wire: Wire
  /** The coordinator's onnxruntime: one graph at a time. */
  readonly engine: Server
  readonly devices: ReadonlyMap<string, Device>
  readonly roster: Roster
  readonly busy: BusyDevices
  readonly chance: Chance
  readonly decoders: Decoders
  /** What the subtasks of a stage have taken so far, over all inferences. */
  readonly timesOf: (stage: number) => SubtaskTimes
}

/** One decoder per code, so that what it has solved once it knows. */
export class Decoders {
  readonly #known = new Map<Code, Decoder>()
  readonly #maxAmplification: number

  constructor(maxAmplification: number) {
    this.#maxAmplification = maxAmplification
  }

  of(code: Code): Decoder {
    const maxAmplification = this.#maxAmplification
    const decoder = this.#known.get(code) ?? new Decoder(code, { maxAmplification })
    this.#known.set(code, decoder)
    return decoder
  }
}

/** Runs a graph on the coordinator. @param fixedMs what it takes beside its work */
export function compute(
  { engine, fleet, chance }: World,
  work: Work,
  done: () => void,
  fixedMs = fleet.coordinator.perRunMs,
): void {
  const { coordinator } = fleet
  const nominal = workMs(work, coordinator)
  if (nominal === 0) return engine.take(0, done)
  const slowness = 1 + coordinator.straggling * chance.exponential()
  engine.take(nominal * slowness + fixedMs, done)
}
