import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmdirSync,
} from 'node:fs'
import { basename, join } from 'node:path'
import { text } from 'node:stream/consumers'

export interface MachineOptions {
  /** Folder of a Debian. */
  readonly rootfs: string
  /** Whether it writes there, so that it can be booted again; otherwise its disk is in memory. */
  readonly isPersistent?: boolean
  /** Files and folders of this machine that are to be seen there, by their place there. */
  readonly show: Readonly<Record<string, string>>
}

export interface Outcome {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface CommandOptions {
  readonly input?: Uint8Array
  readonly timeoutMs?: number
}

const BOOT_TIMEOUT_MS = 120_000
const GROUP = 'cocoi-system-test-'
/** Hierarchies of cgroup v1 and v2 in which systemd keeps its units. */
const HIERARCHIES = ['/sys/fs/cgroup/systemd', '/sys/fs/cgroup/unified', '/sys/fs/cgroup']
const ENVIRONMENT = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  HOME: '/root',
}

/**
 * A Debian with its own systemd and no network but loopback. It ends with this process, however that ends:
 * it lives in a process namespace whose first process the kernel kills together with this one.
 */
export class Machine {
  readonly #process: ChildProcess
  readonly #init: number
  readonly #group: string

  private constructor(process: ChildProcess, init: number, group: string) {
    this.#process = process
    this.#init = init
    this.#group = group
  }

  /** Resolves when it has booted. */
  static async boot(options: MachineOptions): Promise<Machine> {
    removeGroups()
    const group = `${GROUP}${process.pid}`
    const child = launch(options, group)
    const said = text(child.stdout!)
    try {
      const machine = new Machine(child, await initOf(child, said), group)
      await machine.#booted()
      return machine
    } catch (error) {
      child.kill('SIGKILL')
      throw error
    }
  }

  /** Runs a program in it, as root; does not throw if the program fails. */
  async run(command: readonly string[], options: CommandOptions = {}): Promise<Outcome> {
    const { input = new Uint8Array(), timeoutMs = 60_000 } = options
    const child = spawn('nsenter', ['--target', String(this.#init), '--all', ...command], {
      env: ENVIRONMENT,
      timeout: timeoutMs,
      killSignal: 'SIGKILL',
    })
    child.stdin.on('error', () => {}).end(input)
    const [stdout, stderr, [code]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'close'),
    ])
    return { code, stdout, stderr }
  }

  /** Runs lines of shell and returns what they print; throws if they fail. */
  async sh(script: string, options: CommandOptions = {}): Promise<string> {
    const { code, stdout, stderr } = await this.run(['sh', '-euc', script], options)
    if (code === 0) return stdout.trim()
    throw new Error(`exit code ${code} of: ${script}\n${stdout}${stderr}`)
  }

  async write(path: string, content: Uint8Array | string): Promise<void> {
    const input = typeof content === 'string' ? new TextEncoder().encode(content) : content
    await this.sh(`cat > ${path}`, { input })
  }

  /** As when the power is cut. */
  async stop(): Promise<void> {
    const gone = this.#process.exitCode !== null || this.#process.signalCode !== null
    const ended = gone ? undefined : once(this.#process, 'exit')
    this.#process.kill('SIGKILL')
    await ended
    // The kernel still buries what ran in it.
    for (let tries = 0; tries < 50 && !removeGroup(this.#group); tries++) {
      await new Promise(resolve => setTimeout(resolve, 100))
    }
  }

  async #booted(): Promise<void> {
    // A unit that a container cannot have makes it degraded, which is as good.
    const wait = ['systemctl', 'is-system-running', '--wait']
    const deadline = performance.now() + BOOT_TIMEOUT_MS
    for (;;) {
      const { stdout, stderr } = await this.run(wait, { timeoutMs: BOOT_TIMEOUT_MS })
      if (/^(running|degraded)$/m.test(stdout)) return
      if (performance.now() > deadline) throw new Error(`it did not boot: ${stdout}${stderr}`)
      await new Promise(resolve => setTimeout(resolve, 100))
    }
  }
}

function launch(
  { rootfs, isPersistent = false, show }: MachineOptions,
  group: string,
): ChildProcess {
  const disk = isPersistent ? 'no' : 'overlay'
  const binds = Object.entries(show).map(([there, here]) => `--bind-ro=${here}:${there}`)
  const hostHasSystemd = existsSync('/run/systemd/system')
  const nspawn = [
    ...['systemd-nspawn', '--boot', '--directory', rootfs, `--volatile=${disk}`, '--console=pipe'],
    ...['--private-network', '--register=no', '--machine=cocoi', '--resolv-conf=off', ...binds],
    ...(hostHasSystemd ? [] : ['--keep-unit']),
  ]
  const mortal = ['setpriv', '--pdeathsig', 'KILL']
  const namespace = ['unshare', '--pid', '--fork', '--kill-child', '--mount-proc']
  const enter = hostHasSystemd ? [] : ['sh', '-c', enterGroups(group), 'sh']
  const [program = '', ...parameters] = [...enter, ...mortal, ...namespace, ...nspawn]
  return spawn(program, parameters, { env: ENVIRONMENT, stdio: ['ignore', 'pipe', 'inherit'] })
}

/** Without systemd nobody gives a machine a cgroup of its own. */
function enterGroups(group: string): string {
  const folders = hierarchies().map(folder => join(folder, group))
  for (const folder of folders) mkdirSync(folder, { recursive: true })
  return [...folders.map(folder => `echo $$ > ${folder}/cgroup.procs`), 'exec "$@"'].join('; ')
}

function hierarchies(): string[] {
  return HIERARCHIES.filter(folder => {
    try {
      accessSync(join(folder, 'cgroup.procs'), constants.W_OK)
      return true
    } catch {
      return false
    }
  })
}

/** What machines left behind whose tests are gone. */
function removeGroups(): void {
  for (const folder of hierarchies()) {
    for (const name of readdirSync(folder).filter(name => name.startsWith(GROUP))) {
      if (!existsSync(`/proc/${name.slice(GROUP.length)}`)) removeGroup(name)
    }
  }
}

/** Whether nothing of it is left. */
function removeGroup(group: string): boolean {
  const folders = hierarchies().map(folder => join(folder, group))
  for (const folder of folders) removeTree(folder)
  return !folders.some(folder => existsSync(folder))
}

/** Only folders can be removed from a cgroup, and only from the innermost on. */
function removeTree(folder: string): void {
  if (!existsSync(folder)) return
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) removeTree(join(folder, entry.name))
  }
  try {
    rmdirSync(folder)
  } catch {
    // A process of it is not quite gone.
  }
}

/** The first process of the machine as this machine numbers it: the child of systemd-nspawn. */
async function initOf(child: ChildProcess, said: Promise<string>): Promise<number> {
  const deadline = performance.now() + BOOT_TIMEOUT_MS
  while (performance.now() < deadline && child.exitCode === null && child.signalCode === null) {
    const [nspawn] = childrenOf(child.pid!)
    const init = nspawn === undefined ? undefined : childrenOf(nspawn).find(isInit)
    if (init !== undefined) return init
    await new Promise(resolve => setTimeout(resolve, 50))
  }
  child.kill('SIGKILL')
  throw new Error(`systemd-nspawn did not start: ${(await said).slice(-1000)}`)
}

function childrenOf(pid: number): number[] {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
    return children.split(' ').filter(Boolean).map(Number)
  } catch {
    return []
  }
}

/** nspawn's child becomes the init when everything is mounted. */
function isInit(pid: number): boolean {
  try {
    return basename(readlinkSync(`/proc/${pid}/exe`)) === 'systemd'
  } catch {
    return false
  }
}
