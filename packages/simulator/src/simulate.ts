import { type Fleet, type LatencySummary, type PlanLoad, summarise } from '@cocoi/planner'
import { BusyDevices, SubtaskTimes } from '@cocoi/scheduler'
import { Agenda } from './agenda.ts'
import { Chance } from './chance.ts'
import { Coordinator } from './coordinator.ts'
import { Device } from './device.ts'
import { type Link, Network } from './network.ts'
import { PhaseMeans } from './phase-means.ts'
import { Roster } from './roster.ts'
import { type Scenario, underScenario } from './scenario.ts'
import { Server } from './server.ts'
import { type SharedLinks, Wire } from './wire.ts'
import { Decoders, type Limits, type World } from './world.ts'

export interface SimulationOptions {
  /** A plan's numbers: `load` of `planModel`. */
  readonly plan: PlanLoad
  readonly fleet: Fleet
  readonly scenario: Scenario
  /** Of all coordinators together. */
  readonly requests: number
  readonly seed: number
  /** Time between two requests, which go to the coordinators in turn. @default each follows an answer */
  readonly everyMs?: number | undefined
  /** Coordinators, each on a computer of its own, that ask the same devices. @default 1 */
  readonly coordinators?: number | undefined
  /** What the switch forwards in all, both directions together. @default without bound */
  readonly switchBytesPerS?: number | undefined
  readonly limits?: Partial<Limits> | undefined
}

export interface SimulationResult {
  /** Of the requests that were answered, in the order of the answers. */
  readonly latenciesMs: readonly number[]
  readonly latency: LatencySummary
  /** Requests without an answer. */
  readonly failed: number
  /** Means by stage. */
  readonly stages: PhaseMeans['stages']
  /** How often others were faster, by device. */
  readonly late: Readonly<Record<string, number>>
  /** From the first request to the last answer. */
  readonly durationMs: number
  /** Events that took place: the size of the simulation. */
  readonly events: number
}

/** As in the configuration, but with time enough for a slow runtime. */
const defaults: Limits = {
  ...{ maxOutstanding: 2, subtaskTimeoutMs: 10_000, deadlineMs: 600_000 },
  ...{ heartbeatMs: 1000, maxRunning: 2, maxWaiting: 64 },
  maxAmplification: Number.POSITIVE_INFINITY,
}

/**
 * Runs inferences of a plan on virtual time: the scheduler's machines are the real ones, engines,
 * links and devices are queues with the times of the fleet's profiles. The same options give the
 * same result.
 */
export function simulate(options: SimulationOptions): SimulationResult {
  return new Simulation(options).run()
}

class Simulation {
  readonly #options: SimulationOptions
  readonly #agenda = new Agenda()
  readonly #coordinators: readonly Coordinator[]
  readonly #latencies: number[] = []
  readonly #phases = new PhaseMeans()
  readonly #late = new Map<string, number>()
  #sent = 0
  #failed = 0

  constructor(options: SimulationOptions) {
    this.#options = options
    this.#coordinators = this.#worlds().map((world, i) => this.#coordinator(String(i), world))
  }

  run(): SimulationResult {
    const agenda = this.#agenda
    this.#schedule()
    agenda.run(() => this.#latencies.length + this.#failed >= this.#options.requests)
    return {
      latenciesMs: this.#latencies,
      latency: summarise(this.#latencies),
      failed: this.#failed,
      stages: this.#phases.stages,
      late: Object.fromEntries(this.#late),
      durationMs: agenda.now,
      events: agenda.count,
    }
  }

  /** One request to each coordinator, or all of them at their times. */
  #schedule(): void {
    const { requests, everyMs } = this.#options
    const coordinators = this.#coordinators
    const count = everyMs === undefined ? coordinators.length : requests
    for (let i = 0; i < count; i++) {
      const coordinator = coordinators[i % coordinators.length]!
      this.#agenda.at(i * (everyMs ?? 0), () => this.#ask(coordinator))
    }
  }

  #ask(coordinator: Coordinator): void {
    if (this.#sent >= this.#options.requests) return
    this.#sent += 1
    coordinator.request()
  }

  #coordinator(name: string, world: World): Coordinator {
    const { plan, scenario, everyMs } = this.#options
    const coordinator: Coordinator = new Coordinator(name, world, {
      ...{ plan, scenario },
      onStage: (phases, late) => {
        this.#phases.add(phases)
        for (const device of late) this.#late.set(device, (this.#late.get(device) ?? 0) + 1)
      },
      onEnd: ms => {
        if (ms === undefined) this.#failed += 1
        else this.#latencies.push(ms)
        if (everyMs === undefined) this.#agenda.in(0, () => this.#ask(coordinator))
      },
    })
    return coordinator
  }

  /** What each coordinator has to itself, around the devices that all share. */
  #worlds(): World[] {
    const { seed, scenario, plan, coordinators = 1 } = this.#options
    const limits = { ...defaults, ...this.#options.limits }
    const agenda = this.#agenda
    const fleet = underScenario(this.#options.fleet, scenario)
    const chance = (party: number) => new Chance(seed, party)
    const devices = fleet.devices.map((profile, i): [string, Device] => [
      profile.name,
      new Device(profile, { agenda, chance: chance(2 + i) }),
    ])
    const names = devices.map(([name]) => name)
    const roster = new Roster(names, {
      ...{ agenda, heartbeatMs: limits.heartbeatMs, isWatched: scenario.failures > 0 },
      onChange: (type, device) => {
        for (const coordinator of this.#coordinators ?? []) coordinator.onChange(type, device)
      },
    })
    const network = new Network(agenda)
    const linksOf = sharedLinks(fleet, this.#options.switchBytesPerS)
    return Array.from({ length: coordinators }, (_, i) => {
      const party = i === 0 ? 0 : devices.length + 2 * i
      const wire = { agenda, chance: chance(party), network, links: linksOf() }
      const times = new Map(plan.stages.map(({ id }) => [id, new SubtaskTimes()]))
      return {
        ...{ agenda, fleet, limits, roster, devices: new Map(devices) },
        ...{ engine: new Server(agenda), wire: new Wire(fleet.coordinator, wire) },
        ...{ busy: new BusyDevices(), decoders: new Decoders(limits.maxAmplification) },
        chance: chance(party + 1),
        timesOf: stage => times.get(stage)!,
      }
    })
  }
}

/** Makes the links of one coordinator after the other: an interface each, one air, one switch. */
function sharedLinks({ coordinator: { nic } }: Fleet, switchBytesPerS?: number): () => SharedLinks {
  const { bytesPerS, duplex } = nic
  const middle: Link[] = switchBytesPerS === undefined ? [] : [{ bytesPerS: switchBytesPerS }]
  const air = [{ bytesPerS }, ...middle]
  if (duplex === 'half') return () => ({ out: air, in: air })
  return () => ({ out: [{ bytesPerS }, ...middle], in: [{ bytesPerS }, ...middle] })
}
