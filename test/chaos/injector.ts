import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Cluster, VirtualDaemon } from '@cocoi/testbed'
import { Dice } from './dice.ts'
import type { Fault, FaultKind } from './fault.ts'
import { corruptFiles, diskFullMissing, mountTinyDisk, unmount } from './files.ts'
import type { Relay } from './relay.ts'

export interface InjectorOptions {
  readonly cluster: Cluster
  /** One per device. */
  readonly relays: readonly Relay[]
  /** Holds the state of every device. */
  readonly folder: string
  readonly seed: number
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
  /** Counts the lives of the coordinator: grows when it is about to be started again. */
  coordinatorLife = 1
  readonly #options: InjectorOptions
  readonly #dice: Dice
  readonly #queues = new Map<string, Promise<void>>()
  readonly #mounted = new Set<string>()

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
        return this.#to('broker', () => this.#bounce(this.#options.cluster.broker!, fault.forMs))
      case 'coordinator-kill':
        return this.#to('coordinator', () => this.#bounceCoordinator(fault.forMs))
      case 'network-cut':
      case 'network-stall':
      case 'network-delay':
        return this.#to(`network ${fault.device}`, () => this.#disturb(fault))
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

  #toDevice(index: number, harm: (device: VirtualDaemon) => Promise<void>): void {
    const device = this.#options.cluster.devices[index]!
    this.#to(device.id, () => harm(device))
  }

  #to(target: string, harm: () => Promise<void>): void {
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

/** What the file of the last session number says after a jump of the clock. */
function sessionOf(jump: 'past' | 'future' | 'nonsense'): string {
  const centuryMs = 100 * 365 * 24 * 3_600_000
  if (jump === 'past') return '1000\n'
  if (jump === 'future') return `${Date.now() + centuryMs}\n`
  return `${Number.MAX_SAFE_INTEGER}\n`
}
