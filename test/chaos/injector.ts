import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Cluster, VirtualDaemon } from '@cocoi/testbed'
import type { BrokerLife, Substitute } from './chaos-broker.ts'
import { Dice } from './dice.ts'
import type { Fault, FaultKind } from './fault.ts'
import { corruptFiles, diskFullMissing, mountTinyDisk, unmount } from './files.ts'
import type { Plug } from './plugs.ts'
import type { Relay } from './relay.ts'
import { timeUntilStateIsBack } from './retained-state.ts'

export interface InjectorOptions {
  readonly cluster: Cluster
  readonly broker: BrokerLife
  readonly substitute: Substitute
  readonly model: string
  /** One per device. */
  readonly relays: readonly Relay[]
  /** The cables of the devices, if each of them has a network of its own. */
  readonly plugs: readonly Plug[] | undefined
  /** Holds the state of every device. */
  readonly folder: string
  readonly seed: number
}

/** A broker that came up anew, and how long it took until it knew everything that is retained. */
export interface BrokerStart {
  readonly broker: string
  /** Absent if it never did. */
  readonly stateBackMs: number | undefined
}

/**
 * Does harm and repairs it. What happens to one process happens one after the other; faults of
 * different processes, and of a process and its network, meet.
 */
export class Injector {
  /** Kinds that cannot happen on this machine, and why. */
  readonly skipped = new Map<FaultKind, string>()
  /** What could not be repaired: a process that does not start again, for example. */
  readonly problems: string[] = []
  readonly brokerStarts: BrokerStart[] = []
  /** Counts the lives of the coordinator: grows when it is about to be started again. */
  coordinatorLife = 1
  readonly #options: InjectorOptions
  readonly #dice: Dice
  readonly #queues = new Map<string, Promise<void>>()
  readonly #mounted = new Set<string>()
  /** Who has been harmed since each of the times that somebody wants to know of. */
  readonly #watches = new Set<Set<string>>()

  constructor(options: InjectorOptions) {
    this.#options = options
    this.#dice = new Dice(options.seed)
    const missing = diskFullMissing()
    if (missing !== undefined) this.skipped.set('disk-full', missing)
  }

  /** Begins at once, unless the target still suffers from something else. */
  strike(fault: Fault): void {
    if (this.skipped.has(fault.kind)) return
    switch (fault.kind) {
      case 'device-kill':
        for (const index of fault.devices) this.#toDevice(index, d => this.#bounce(d, fault.forMs))
        return
      case 'broker-kill':
        return this.#to('broker', () => this.#bounceBroker(fault.forMs))
      case 'broker-swap':
        return this.#to('broker', () => this.#swapBroker(fault.forMs))
      case 'coordinator-kill':
        return this.#to('coordinator', () => this.#bounceCoordinator(fault.forMs))
      case 'network-cut':
      case 'network-stall':
      case 'network-delay':
        return this.#to(`network ${this.#id(fault.device)}`, () => this.#disturb(fault))
      default:
        return this.#toDevice(fault.device, device => this.#afflict(device, fault))
    }
  }

  /** Resolves when everything runs again and every network is whole. */
  async healed(): Promise<void> {
    while (this.#queues.size > 0) await Promise.all(this.#queues.values())
  }

  /** Whatever happens: leaves nothing mounted. */
  close(): void {
    for (const folder of this.#mounted) unmount(folder)
    this.#mounted.clear()
  }

  #id(index: number): string {
    return this.#options.cluster.devices[index]!.id
  }

  #toDevice(index: number, harm: (device: VirtualDaemon) => Promise<void>): void {
    const device = this.#options.cluster.devices[index]!
    this.#to(device.id, () => harm(device))
  }

  #to(target: string, harm: () => Promise<void>): void {
    for (const harmed of this.#watches) harmed.add(target)
    const before = this.#queues.get(target) ?? Promise.resolve()
    const after: Promise<void> = before
      .then(harm)
      .catch((error: Error) => void this.problems.push(`${target}: ${error.message}`))
      .then(() => {
        if (this.#queues.get(target) === after) this.#queues.delete(target)
      })
    this.#queues.set(target, after)
  }

  async #bounce(daemon: VirtualDaemon, forMs: number): Promise<void> {
    daemon.kill()
    await sleep(forMs)
    await daemon.restart()
  }

  async #bounceBroker(forMs: number): Promise<void> {
    const { broker } = this.#options
    broker.kill()
    await sleep(forMs)
    await broker.restart()
    await this.#stateIsBack('the same')
  }

  async #swapBroker(forMs: number): Promise<void> {
    const { broker, substitute } = this.#options
    broker.kill()
    // What it could not be replaced by is told as a problem; it comes back all the same.
    const other = await substitute.start().catch((error: Error) => {
      this.problems.push(`${substitute.kind} in place of the broker: ${error.message}`)
    })
    if (other) {
      await this.#stateIsBack(substitute.kind)
      await sleep(forMs)
      other.kill()
      await other.stop()
    }
    await broker.restart()
    await this.#stateIsBack('the same')
  }

  /** Faults go on meanwhile: nothing is expected of whom they strike. */
  async #stateIsBack(broker: string): Promise<void> {
    const { cluster, model } = this.#options
    const harmed = new Set(this.#queues.keys())
    this.#watches.add(harmed)
    const isWell = (id: string) => !harmed.has(id) && !harmed.has(`network ${id}`)
    const ms = await timeUntilStateIsBack({ url: cluster.url, model }, () => ({
      devices: cluster.devices.map(({ id }) => id).filter(isWell),
      coordinator: !harmed.has('coordinator'),
    })).finally(() => this.#watches.delete(harmed))
    this.brokerStarts.push({ broker, stateBackMs: ms && Math.round(ms) })
  }

  async #bounceCoordinator(forMs: number): Promise<void> {
    const { coordinator } = this.#options.cluster
    coordinator.kill()
    await sleep(forMs)
    this.coordinatorLife += 1
    await coordinator.restart()
  }

  async #afflict(device: VirtualDaemon, fault: Fault): Promise<void> {
    switch (fault.kind) {
      case 'device-flap':
        for (let i = 0; i < fault.times; i++) await this.#bounce(device, 0)
        return
      case 'device-freeze':
        device.freeze()
        await sleep(fault.forMs)
        device.thaw()
        return
      case 'cache-corrupt':
        if (!fault.running) await device.stop()
        corruptFiles(this.#cacheOf(device), this.#dice)
        if (!fault.running) await device.restart()
        return
      case 'disk-full':
        return this.#fillDisk(device, fault.forMs)
      case 'clock-jump':
        await device.stop()
        writeFileSync(join(this.#options.folder, device.id, 'session'), sessionOf(fault.to))
        await device.restart()
    }
  }

  async #fillDisk(device: VirtualDaemon, forMs: number): Promise<void> {
    const folder = this.#cacheOf(device)
    await device.stop()
    mountTinyDisk(folder)
    this.#mounted.add(folder)
    await device.restart()
    await sleep(forMs)
    await device.stop()
    unmount(folder)
    this.#mounted.delete(folder)
    await device.restart()
  }

  async #disturb(fault: Fault & { device: number }): Promise<void> {
    const relay = this.#options.relays[fault.device]!
    const plug = this.#options.plugs?.[fault.device]
    if (fault.kind === 'network-cut' && plug) return pullFor(plug, fault.forMs)
    if (fault.kind === 'network-cut') relay.cut()
    if (fault.kind === 'network-stall') relay.stall()
    if (fault.kind === 'network-delay') relay.delay(fault.delayMs)
    await sleep('forMs' in fault ? fault.forMs : 0)
    relay.restore()
  }

  #cacheOf(device: VirtualDaemon): string {
    return join(this.#options.folder, device.id, 'blobs')
  }
}

/** TCP waits ever longer before it tries again: after a cut, for as long again as that lasted. */
async function pullFor(plug: Plug, forMs: number): Promise<void> {
  await plug.pull()
  await sleep(forMs)
  await plug.push()
  await sleep(forMs)
}

/** What the file of the last session number says after a jump of the clock. */
function sessionOf(jump: 'past' | 'future' | 'nonsense'): string {
  const centuryMs = 100 * 365 * 24 * 3_600_000
  if (jump === 'past') return '1000\n'
  if (jump === 'future') return `${Date.now() + centuryMs}\n`
  return `${Number.MAX_SAFE_INTEGER}\n`
}
