import { readdirSync, readFileSync } from 'node:fs'
import { platform } from 'node:process'
import { TestbedError } from '../errors.ts'
import { type CpuGroup, CpuGroups } from './cpu-groups.ts'
import { type Door, openDoor } from './door.ts'
import { type Host, Network } from './network.ts'
import { guardSite } from './site-guard.ts'
import { newSiteName } from './site-name.ts'

/**
 * What runs on a machine: JavaScript, onnxruntime, on one of them the broker; JavaScript that nobody waits
 * for, in a thread of its own; and the threads that Node.js has beside those that run JavaScript, which
 * compile it and collect garbage on other cores.
 */
export type Part = 'broker' | 'js' | 'engine' | 'background' | 'helpers'

const parts: readonly Part[] = ['broker', 'js', 'engine', 'background', 'helpers']

/** An emulated computer: a network namespace and groups for its processor. */
export interface Machine {
  readonly host: Host
  readonly groups: Readonly<Record<Part, CpuGroup>>
  /** The command that runs `command` on it. */
  command(part: Part, command: readonly string[]): string[]
  /**
   * Moves the threads of a process that have one of these names into the part that is given, and all others
   * but the first into `helpers`; the first stays where it was started.
   */
  sortThreads(pid: number, named: Readonly<Record<string, Part>>): void
}

/** Emulated computers on one switch. They are gone when this process is, whatever happens. */
export class Site {
  readonly network: Network
  readonly machines: ReadonlyMap<string, Machine>
  readonly #groups: CpuGroups
  readonly #doors: Door[] = []
  readonly #endGuard: () => void

  private constructor(network: Network, groups: CpuGroups, machines: Map<string, Machine>) {
    this.network = network
    this.machines = machines
    this.#groups = groups
    const { folder } = groups
    this.#endGuard = guardSite({ folder, namespaces: network.namespaces })
  }

  /**
   * Makes these machines, for now without any limits.
   *
   * @throws {TestbedError} ERR_NO_EMULATION, saying what is missing
   */
  static async open(names: readonly string[]): Promise<Site> {
    requireRoot()
    const name = newSiteName()
    const groups = await CpuGroups.open(name)
    const network = await Network.open(name).catch(async error => {
      await groups.close()
      throw error
    })
    try {
      const machines = new Map<string, Machine>()
      for (const one of names) machines.set(one, await join(one, network, groups))
      return new Site(network, groups, machines)
    } catch (error) {
      await groups.close()
      await network.close()
      throw error
    }
  }

  /** @throws {RangeError} if there is none of this name */
  machine(name: string): Machine {
    const machine = this.machines.get(name)
    if (!machine) throw new RangeError(`there is no machine "${name}"`)
    return machine
  }

  /** A port on 127.0.0.1 here for a port on the loopback interface of a machine. */
  async door(name: string, port: number): Promise<number> {
    const door = await openDoor(this.machine(name).host.namespace, port)
    this.#doors.push(door)
    return door.port
  }

  /** Ends what still runs on the machines and removes them. */
  async close(): Promise<void> {
    for (const door of this.#doors) door.close()
    await this.#groups.close()
    await this.network.close()
    this.#endGuard()
  }
}

/** @throws {TestbedError} ERR_NO_EMULATION */
function requireRoot(): void {
  const reason =
    platform !== 'linux'
      ? `it needs the network namespaces and control groups of Linux, and this is ${platform}`
      : 'it makes network namespaces and control groups, which only root may: use sudo'
  if (platform === 'linux' && process.getuid?.() === 0) return
  throw new TestbedError('ERR_NO_EMULATION', `computers cannot be emulated here: ${reason}`)
}

async function join(name: string, network: Network, all: CpuGroups): Promise<Machine> {
  const host = await network.join(name)
  const groups = all.machine(name, parts)
  return {
    host,
    groups,
    command: (part, command) => [
      // The group first: then it does not matter what of /sys is still visible in the namespace.
      ...['sh', '-c', 'echo $$ >"$0" && exec "$@"', groups[part].joinFile],
      ...['nsenter', `--net=/run/netns/${host.namespace}`, ...command],
    ],
    sortThreads(pid, named) {
      for (const { thread, name } of threadsOf(pid)) {
        const part = named[name] ?? (thread === pid ? undefined : 'helpers')
        if (part) groups[part].take(thread)
      }
    },
  }
}

function threadsOf(pid: number): { thread: number; name: string }[] {
  try {
    const folder = `/proc/${pid}/task`
    return readdirSync(folder).map(id => {
      return { thread: Number(id), name: readFileSync(`${folder}/${id}/comm`, 'utf8').trim() }
    })
  } catch {
    return [] // The process has ended, or one of its threads just now; there is a next time.
  }
}
