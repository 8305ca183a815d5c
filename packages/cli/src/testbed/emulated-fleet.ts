import { availableParallelism } from 'node:os'
import type { Fleet } from '@cocoi/planner'
import type { Scenario } from '@cocoi/simulator'
import { type Cluster, type ClusterOptions, machinesOf, Site } from '@cocoi/testbed'
import { undoAtExit } from '../at-exit.ts'
import {
  type Calibration,
  calibrate,
  computerOf,
  coreSpeed,
  hardwareByMachine,
} from './calibration.ts'
import { dilationFor, type Hardware } from './hardware.ts'

/** How the daemons call their threads. */
const threads = { 'cocoi-engine': 'engine', 'cocoi-planner': 'background' } as const

/** Cores of a Pi beside that on which JavaScript runs. */
const helperCores = 3

/** Time between two heartbeats, until a subtask is given up, and until a plan must be loaded; times of a Pi. */
const heartbeatMs = 1000
const subtaskTimeoutMs = 60_000
const readyTimeoutMs = 120_000

export interface EmulatedFleetOptions {
  readonly fleet: Fleet
  /** By default as much as it takes to fit on this machine. */
  readonly dilation: number | undefined
  readonly onStep: (text: string) => void
}

/** What the daemons are configured with. */
export interface DaemonOptions {
  readonly scenario: Scenario
  readonly seed: number
  /** Schemes that take turns, each with a plan of its own. */
  readonly plans: number
  /** Files of the broker's access rules. */
  readonly access: { readonly usersFile: string; readonly joinTokenFile: string }
}

/** Emulated Pis for a fleet, calibrated; the coordinator's also has the broker on it. */
export class EmulatedFleet {
  readonly calibration: Calibration
  readonly #site: Site
  readonly #hardware: ReadonlyMap<string, Hardware>
  readonly #isShared: boolean
  readonly #close: () => Promise<void>

  private constructor(parts: {
    site: Site
    hardware: ReadonlyMap<string, Hardware>
    isShared: boolean
    calibration: Calibration
    close: () => Promise<void>
  }) {
    this.#site = parts.site
    this.#hardware = parts.hardware
    this.#isShared = parts.isShared
    this.calibration = parts.calibration
    this.#close = parts.close
  }

  /** @throws {TestbedError} ERR_NO_EMULATION; {CliError} ERR_CALIBRATION */
  static async open({ fleet, dilation, onStep }: EmulatedFleetOptions): Promise<EmulatedFleet> {
    const hardware = hardwareByMachine(fleet)
    const site = await Site.open([...hardware.keys()])
    const close = undoAtExit(() => site.close())
    try {
      onStep('this machine')
      const coreFlopsPerS = await coreSpeed(site)
      const fitting = () => dilationFor(fleet, availableParallelism(), coreFlopsPerS)
      const isShared = fleet.coordinator.nic.duplex === 'half'
      const context = { site, dilation: dilation ?? fitting(), coreFlopsPerS, onStep, isShared }
      const calibration = await calibrate(hardware, context)
      return new EmulatedFleet({ site, hardware, isShared, calibration, close })
    } catch (error) {
      await close()
      throw error
    }
  }

  get dilation(): number {
    return this.calibration.dilation
  }

  /** What a virtual cluster is started with to run here. */
  clusterOptions({
    scenario,
    seed,
    plans,
    access,
  }: DaemonOptions): Pick<
    ClusterOptions,
    'machines' | 'brokerFlags' | 'coordinatorFlags' | 'deviceFlags'
  > {
    const { dilation } = this
    const heartbeat = { heartbeatMs: Math.round(heartbeatMs * dilation) }
    const timeouts = {
      subtaskTimeoutMs: Math.round(subtaskTimeoutMs * dilation),
      readyTimeoutMs: Math.round(readyTimeoutMs * dilation),
    }
    const { usersFile, joinTokenFile } = access
    return {
      machines: machinesOf(this.#site),
      brokerFlags: { host: '0.0.0.0', usersFile, joinTokenFile },
      coordinatorFlags: {
        ...{ ...heartbeat, ...timeouts, maxPlans: plans + 1 },
        flopsPerS: this.#runtime('coordinator'),
      },
      deviceFlags: i => ({
        ...{ ...heartbeat, joinTokenFile, maxPlans: plans + 3 },
        flopsPerS: this.#runtime(`pi${i + 1}`) / (i === 0 ? scenario.slowdown : 1),
        ...{ straggle: scenario.straggling ?? 0, delayMs: scenario.delayMs * dilation },
        delaySeed: seed * 1000 + i,
      }),
    }
  }

  /**
   * From now on these computers, or all, are as slow as Pis, and so are their links; models are distributed
   * before.
   */
  async restrain(scenario: Scenario, names = this.#names): Promise<void> {
    for (const name of names) await this.#restrain(name, scenario)
    if (this.#isShared) {
      await this.#site.network.limitMedium(this.calibration.links[0]!.limitBytesPerS)
    }
  }

  async #restrain(name: string, { slowdown }: Scenario): Promise<void> {
    const { host, groups } = this.#site.machine(name)
    const hardware = this.#hardware.get(name)!
    const { engineCores, jsCores } = this.calibration.computers.find(
      ({ machine }) => computerOf(this.#hardware.get(machine)!) === computerOf(hardware),
    )!
    groups.engine.limit(engineCores / (name === 'pi1' ? slowdown : 1))
    groups.js.limit(jsCores)
    groups.broker.limit(jsCores)
    groups.background.limit(jsCores)
    groups.helpers.limit(helperCores * jsCores)
    if (!this.#isShared) await host.limit(this.#linkLimit(hardware))
  }

  /** These computers, or all, run at full speed again. */
  async free(names = this.#names): Promise<void> {
    for (const name of names) {
      const { host, groups } = this.#site.machine(name)
      for (const group of Object.values(groups)) group.limit(undefined)
      if (!this.#isShared) await host.limit(undefined)
    }
    if (this.#isShared && names.length === this.#names.length) {
      await this.#site.network.limitMedium(undefined)
    }
  }

  get #names(): readonly string[] {
    return [...this.#hardware.keys()]
  }

  /** Gives all kinds of threads the share of their own; to be repeated when a daemon was restarted. */
  sortThreads({ broker, coordinator, devices }: Cluster): void {
    if (broker?.alive) this.#site.machine('coordinator').sortThreads(broker.pid, threads)
    for (const daemon of [coordinator, ...devices]) {
      if (daemon.alive) this.#site.machine(daemon.id).sortThreads(daemon.pid, threads)
    }
  }

  close(): Promise<void> {
    return this.#close()
  }

  /** Operations per second of a slow runtime, dilated; 0 for as fast as the hardware is. */
  #runtime(name: string): number {
    return (this.#hardware.get(name)!.runtimeFlopsPerS ?? 0) / this.dilation
  }

  /** Of the same correction as the measured link of this speed, or of any. */
  #linkLimit({ linkBytesPerS }: Hardware): number {
    const { links } = this.calibration
    const like = links.find(one => one.wantedBytesPerS === linkBytesPerS) ?? links[0]
    const correction = like ? (like.limitBytesPerS * this.dilation) / like.wantedBytesPerS : 1
    return (linkBytesPerS / this.dilation) * correction
  }
}
