type Settings = Readonly<Record<string, string | number>>

/** Computers of their own for the daemons. */
export interface Machines {
  /** The command that runs `command` on the computer of this daemon. */
  command(daemon: string, command: readonly string[]): readonly string[]
  /** Where a daemon, or this process, finds the broker that listens on a port of its computer. */
  brokerUrl(seenBy: string | undefined, port: number): Promise<string>
}

export interface ClusterOptions {
  /** Starts the program `cocoi`, for example `['node', '…/cocoi.js']`. */
  readonly command: readonly string[]
  readonly devices: number
  /** Holds states and logs. */
  readonly folder: string
  /** The model repository. */
  readonly models: string
  /** A broker that is already there; without it one is started on a free port. */
  readonly broker?: { readonly url: string }
  /** By default all daemons are on this machine and meet on its loopback interface. */
  readonly machines?: Machines
  /** First levels of every topic. @default 'cocoi' */
  readonly base?: string
  /** Settings in place of the built-in ones; those of the user do not count. */
  readonly brokerFlags?: Settings
  readonly coordinatorFlags?: Settings
  readonly deviceFlags?: (index: number) => Settings
  /** Where a device finds the broker, for example behind a relay that can be cut. */
  readonly deviceUrl?: (index: number, broker: string) => Promise<string>
  /** How long a daemon may take to start, and the devices to come online. @default 60000 */
  readonly readyTimeoutMs?: number
  readonly onProgress?: (progress: { step: string; done: number; total: number }) => void
  /** Ends the start and every process that it has started so far. */
  readonly signal?: AbortSignal
}
