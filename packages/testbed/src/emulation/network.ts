import { runTool } from './run-tool.ts'
import { abandoned, entries } from './site-name.ts'

/** Where iproute2 keeps named network namespaces. */
const NAMESPACES = '/run/netns'

/** Everything the queue of a link holds beyond a burst: a TCP window, so that nothing is lost. */
const QUEUE_BYTES = 8e6

/** A machine of a network: a network namespace with one interface. */
export interface Host {
  readonly name: string
  readonly namespace: string
  /** IPv4 address in the network. */
  readonly address: string
  /** Speed of its link, the same in both directions; undefined for as fast as it goes. */
  limit(bytesPerS: number | undefined): Promise<void>
  /** Pulls its plug: nothing arrives any more, and nobody is told. */
  unplug(): Promise<void>
  /** Puts it back. */
  plug(): Promise<void>
}

/**
 * Machines on one switch, as network namespaces: nothing of it is visible from outside, and nothing
 * outside can be reached. Addresses are of 198.18.0.0/15, meant for measurements (RFC 2544). Linux with
 * `ip` and `tc`, as root.
 */
export class Network {
  readonly #site: string
  readonly #hosts: Host[] = []
  #isShared = false

  private constructor(site: string) {
    this.#site = site
  }

  /**
   * @param site first part of the names of its namespaces
   * @throws {TestbedError} ERR_NO_EMULATION
   */
  static async open(site: string): Promise<Network> {
    await Network.#removeAbandoned()
    const network = new Network(site)
    const { switch: name } = network
    await runTool('ip', ['netns', 'add', name])
    await runTool('ip', ['-n', name, 'link', 'add', 'switch', 'type', 'bridge'])
    await runTool('ip', ['-n', name, 'link', 'set', 'switch', 'up'])
    return network
  }

  /** Namespace of the switch. */
  get switch(): string {
    return `${this.#site}-switch`
  }

  get namespaces(): string[] {
    return [this.switch, ...this.#hosts.map(({ namespace }) => namespace)]
  }

  /** Adds a machine. @throws {TestbedError} ERR_NO_EMULATION */
  async join(name: string): Promise<Host> {
    const number = this.#hosts.length + 1
    const host = new SwitchedHost({ name, number, site: this.#site, switch: this.switch })
    this.#hosts.push(host)
    await host.connect()
    return host
  }

  /**
   * One medium for all, as Wi-Fi is: every frame of every machine passes the same queue, whatever its
   * direction. Undefined for as fast as it goes. Machines that join later are not part of it.
   */
  async limitMedium(bytesPerS: number | undefined): Promise<void> {
    if (!this.#isShared) await this.#share()
    await shape(this.switch, 'medium', bytesPerS)
  }

  /** Removes everything; processes that still run in it lose the network. */
  async close(): Promise<void> {
    for (const namespace of this.namespaces) {
      if (entries(NAMESPACES).includes(namespace)) await runTool('ip', ['netns', 'del', namespace])
    }
  }

  /** What enters the switch goes through one virtual device first (ifb), and on from there. */
  async #share(): Promise<void> {
    this.#isShared = true
    const { switch: name } = this
    await runTool('ip', ['-n', name, 'link', 'add', 'medium', 'type', 'ifb'])
    await runTool('ip', ['-n', name, 'link', 'set', 'medium', 'up'])
    for (const [i] of this.#hosts.entries()) {
      const port = ['dev', `port${i + 1}`]
      await runTool('tc', ['-n', name, 'qdisc', 'add', ...port, 'ingress'])
      const all = ['parent', 'ffff:', 'protocol', 'all', 'u32', 'match', 'u32', '0', '0']
      const away = ['action', 'mirred', 'egress', 'redirect', 'dev', 'medium']
      await runTool('tc', ['-n', name, 'filter', 'add', ...port, ...all, ...away])
    }
  }

  static async #removeAbandoned(): Promise<void> {
    for (const name of abandoned(entries(NAMESPACES))) await runTool('ip', ['netns', 'del', name])
  }
}

interface Wiring {
  readonly name: string
  readonly number: number
  readonly site: string
  readonly switch: string
}

class SwitchedHost implements Host {
  readonly name: string
  readonly namespace: string
  readonly address: string
  readonly #switch: string
  readonly #port: string

  constructor(wiring: Wiring) {
    this.name = wiring.name
    this.namespace = `${wiring.site}-${wiring.name}`
    this.address = `198.18.${wiring.number >> 8}.${wiring.number & 255}`
    this.#switch = wiring.switch
    this.#port = `port${wiring.number}`
  }

  async connect(): Promise<void> {
    const inside = ['-n', this.namespace]
    const cable = ['type', 'veth', 'peer', 'name', 'eth0', 'netns', this.namespace]
    await runTool('ip', ['netns', 'add', this.namespace])
    await runTool('ip', ['-n', this.#switch, 'link', 'add', this.#port, ...cable])
    await runTool('ip', ['-n', this.#switch, 'link', 'set', this.#port, 'master', 'switch', 'up'])
    await runTool('ip', [...inside, 'addr', 'add', `${this.address}/15`, 'dev', 'eth0'])
    await runTool('ip', [...inside, 'link', 'set', 'lo', 'up'])
    await runTool('ip', [...inside, 'link', 'set', 'eth0', 'up'])
  }

  async limit(bytesPerS: number | undefined): Promise<void> {
    await shape(this.namespace, 'eth0', bytesPerS)
    await shape(this.#switch, this.#port, bytesPerS)
  }

  async unplug(): Promise<void> {
    await runTool('ip', ['-n', this.#switch, 'link', 'set', this.#port, 'nomaster'])
  }

  async plug(): Promise<void> {
    await runTool('ip', ['-n', this.#switch, 'link', 'set', this.#port, 'master', 'switch'])
  }
}

/** A token bucket on what leaves an interface. */
async function shape(
  namespace: string,
  device: string,
  bytesPerS: number | undefined,
): Promise<void> {
  const place = ['dev', device, 'root']
  if (bytesPerS === undefined) {
    // Deleting fails where there is nothing to delete; replacing by the plainest queue does not.
    await runTool('tc', ['-n', namespace, 'qdisc', 'replace', ...place, 'pfifo'])
    return
  }
  const burst = Math.max(16_000, Math.round(bytesPerS / 1000))
  const rate = ['rate', `${Math.round(bytesPerS * 8)}bit`, 'burst', `${burst}b`]
  const bucket = ['tbf', ...rate, 'limit', `${QUEUE_BYTES + burst}b`]
  await runTool('tc', ['-n', namespace, 'qdisc', 'replace', ...place, ...bucket])
}
