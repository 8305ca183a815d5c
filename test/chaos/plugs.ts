import { guardSite, newSiteName, runTool } from '@cocoi/testbed'

/** A network namespace for one device, and the cable between it and this machine. */
export interface Plug {
  /** Where the device finds a program that listens at its end of the cable on this machine. */
  readonly address: string
  /** The command that runs `command` at the other end. */
  command(command: readonly string[]): string[]
  /** Pulls it: nothing gets through any more, and nobody is told. */
  pull(): Promise<void>
  push(): Promise<void>
}

/**
 * Computers with a cable each to this machine, where the relays are, as network namespaces. They are gone
 * when this process is.
 */
export class Plugs {
  readonly all: readonly Plug[]
  readonly #endGuard: () => void
  readonly #names: readonly string[]

  private constructor(names: readonly string[], all: readonly Plug[], endGuard: () => void) {
    this.#names = names
    this.all = all
    this.#endGuard = endGuard
  }

  /** Rejects where namespaces cannot be made: that takes Linux, root and `ip`. */
  static async open(count: number): Promise<Plugs> {
    if (process.getuid?.() !== 0) throw new Error('network namespaces take root')
    const site = newSiteName()
    const names = Array.from({ length: count }, (_, index) => `${site}-${index}`)
    const endGuard = guardSite({ namespaces: names })
    try {
      const network = await freeNetwork()
      const all: Plug[] = []
      for (const [index, name] of names.entries()) all.push(await plugIn(name, index, network))
      return new Plugs(names, all, endGuard)
    } catch (error) {
      await removeAll(names)
      endGuard()
      throw error
    }
  }

  /** Processes that still run in there lose the network. */
  async close(): Promise<void> {
    await removeAll(this.#names)
    this.#endGuard()
  }
}

async function plugIn(namespace: string, index: number, network: string): Promise<Plug> {
  const cable = `cc${process.pid}-${index}`
  const [here, there] = [`${network}.${4 * index + 1}`, `${network}.${4 * index + 2}`]
  const ends = ['type', 'veth', 'peer', 'name', 'eth0', 'netns', namespace]
  await runTool('ip', ['netns', 'add', namespace])
  await runTool('ip', ['-n', namespace, 'link', 'set', 'lo', 'up'])
  await runTool('ip', ['link', 'add', cable, ...ends])
  await runTool('ip', ['address', 'add', `${here}/30`, 'dev', cable])
  await runTool('ip', ['link', 'set', cable, 'up'])
  await runTool('ip', ['-n', namespace, 'address', 'add', `${there}/30`, 'dev', 'eth0'])
  const set = async (state: 'up' | 'down') => {
    await runTool('ip', ['-n', namespace, 'link', 'set', 'eth0', state])
  }
  await set('up')
  return {
    address: here,
    // Other than `ip netns exec` it changes nothing but the network.
    command: command => ['nsenter', `--net=/run/netns/${namespace}`, ...command],
    pull: () => set('down'),
    push: () => set('up'),
  }
}

/** A network of 198.19.0.0/16, which is for measurements (RFC 2544), that nobody here uses. */
async function freeNetwork(): Promise<string> {
  const used = await runTool('ip', ['-4', '-brief', 'address'])
  for (let third = 0; third < 256; third++) {
    const network = `198.19.${(process.pid + third) % 256}`
    if (!used.includes(` ${network}.`)) return network
  }
  throw new Error('every network of 198.19.0.0/16 is in use')
}

async function removeAll(names: readonly string[]): Promise<void> {
  // One that was never made cannot be removed.
  for (const name of names) await runTool('ip', ['netns', 'delete', name]).catch(() => undefined)
}
