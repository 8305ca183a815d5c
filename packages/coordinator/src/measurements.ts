import { benchmark, type Engine } from '@cocoi/engine'
import {
  FailureMeter,
  type MeasuredDevice,
  type MeasuredSpeed,
  measuredFleet,
  type Fleet as ProfiledFleet,
  SpeedMeter,
  WayMeter,
  type Work,
  workMs,
} from '@cocoi/planner'
import type { CoordinatorHealth, ResultHeader, SpeedProfile } from '@cocoi/protocol'
import { BusyDevices } from '@cocoi/scheduler'
import type { Fleet } from './fleet.ts'
import { type Burst, type SubtaskId, Transits } from './transits.ts'

export interface MeasurementsOptions {
  readonly fleet: Pick<Fleet, 'available' | 'health' | 'onChange'>
  readonly now: () => number
}

/** For so long what was measured of the coordinator holds. */
const latelyMs = 1000

/** Decodings that are remembered. */
const mostDecodings = 64

/**
 * What is known of the machines and of the ways between them. How fast a device computes it says itself,
 * in its health; the coordinator measures its own engine, and the ways, of which it alone sees both
 * ends. It also keeps account of who is at work.
 */
export class Measurements {
  readonly #options: MeasurementsOptions
  readonly #busy = new BusyDevices()
  readonly #transits = new Transits()
  readonly #ways = new WayMeter()
  readonly #failures = new FailureMeter()
  #own = new SpeedMeter()
  #lately: { readonly at: number; readonly speed: MeasuredSpeed } | undefined
  #decodings: readonly number[] = []

  constructor(options: MeasurementsOptions) {
    this.#options = options
    options.fleet.onChange(change => {
      if (change.type === 'lost') this.#lost(change)
    })
  }

  /** Times the coordinator's engine, which is to have nothing else to do. */
  async start(engine: Engine): Promise<void> {
    this.#own = new SpeedMeter(await benchmark(engine))
    this.#lately = undefined
  }

  /** A stage was decoded, which takes its messages longer than its arithmetic. */
  decoded(ms: number): void {
    this.#decodings = [...this.#decodings, ms].slice(-mostDecodings)
  }

  /** A graph of the coordinator has run. */
  ran(work: Work, ms: number): void {
    this.#own.note(work, ms)
  }

  sent(id: SubtaskId, { bytes, work, burst }: { bytes: number; work: Work; burst: Burst }): void {
    const { device } = id
    const now = this.#options.now()
    const computeMs = this.#computeMs(work, device)
    const slowness = 1 + (this.#speedOf(device)?.straggling ?? 0)
    const queueMs = slowness * (this.#busy.freeAt(device, now) - now)
    this.#transits.sent(id, { bytes, burst, queueMs, computeMs: slowness * computeMs })
    this.#failures.sent(computeMs)
    this.#busy.sent(device, computeMs, now)
  }

  /** Nobody waits for it any more, though the device may be at work on it. */
  dropped(id: SubtaskId): void {
    const now = this.#options.now()
    this.#busy.dropped(id.device, now)
    const transit = this.#transits.soFar(id, now)
    if (transit && this.#ways.cutOff(transit, now)) this.#transits.forget(id)
  }

  /** A device has answered something it was asked, in time or not. */
  answered(device: string, result: ResultHeader | undefined, bytes: number): void {
    const now = this.#options.now()
    this.#busy.answered(device, now)
    const transit = result && this.#transits.arrived(result, { device, bytes, now })
    if (transit) this.#ways.note(transit, now)
  }

  /** Devices in the order in which they would be through with this work. */
  byEnd(devices: readonly string[], work: Work): string[] {
    const msOn = (device: string) => this.#computeMs(work, device)
    return this.#busy.byEnd(devices, msOn, this.#options.now())
  }

  /** Whether the coordinator is through with this work before any of the devices is with two of it. */
  isSoonerHere(devices: readonly string[], work: Work): boolean {
    const times = devices.map(device => this.#computeMs(work, device))
    const own = this.#ownSpeed()
    return workMs(work, own) + own.perRunMs < 2 * Math.max(0, Math.min(...times))
  }

  /** The fleet that is here, as far as it is known. */
  fleet(): ProfiledFleet {
    const { fleet, now } = this.#options
    const devices = fleet.available().map((name): MeasuredDevice => {
      return { name, speed: this.#speedOf(name), link: this.#ways.link(name, now()) }
    })
    const { perS: failuresPerS } = this.#failures
    const own = { speed: this.#own.measured, perDecodeMs: meanOf(this.#decodings) }
    return measuredFleet(devices, { ...own, way: this.#ways.shared(now()), failuresPerS })
  }

  /** What the coordinator's health says of it. */
  get health(): Pick<CoordinatorHealth, 'profile' | 'ways'> {
    const { slowness, distance, ...speed } = this.#own.measured
    const profile = {
      ...speed,
      ...(slowness === undefined ? {} : { slowness: [...slowness] }),
      ...(distance === undefined ? {} : { distance }),
    }
    const { fleet, now } = this.#options
    const shared = this.#ways.shared(now())
    if (!shared) return { profile }
    const links = fleet.available().flatMap(device => {
      const link = this.#ways.link(device, now())
      if (!link) return []
      const { bytesPerS, latencyMs, delayMs, lateness } = link
      return [[device, { bytesPerS, latencyMs, delayMs, lateness }] as const]
    })
    return { profile, ways: { shared: { ...shared }, links: Object.fromEntries(links) } }
  }

  /** Who stops in order has handed back what it had. */
  #lost({ device, reason }: { device: string; reason: string }): void {
    const isOrderly = reason === 'stopped'
    if (!isOrderly && this.#busy.isBusy(device, this.#options.now())) this.#failures.failed()
    this.#busy.lost(device)
    this.#ways.delete(device)
  }

  /** As it was measured lately: it is asked for in every stage, and hardly changes. */
  #ownSpeed(): MeasuredSpeed {
    const now = this.#options.now()
    if (!this.#lately || now - this.#lately.at > latelyMs) {
      this.#lately = { at: now, speed: this.#own.measured }
    }
    return this.#lately.speed
  }

  #speedOf(device: string): MeasuredDevice['speed'] {
    const profile = this.#options.fleet.health(device)?.profile
    return profile && { ...profile, slowness: profile.slowness }
  }

  #computeMs(work: Work, device: string): number {
    const profile: SpeedProfile | undefined = this.#options.fleet.health(device)?.profile
    return profile ? workMs(work, profile) + profile.perRunMs : 0
  }
}

function meanOf(values: readonly number[]): number | undefined {
  if (values.length === 0) return undefined
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
