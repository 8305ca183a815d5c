import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

/** What the tests need beyond a minimal Debian: an init, what Node.js is linked with, a way in. */
const PACKAGES = [
  ...['systemd', 'systemd-sysv', 'dbus', 'libnss-systemd'],
  ...['libstdc++6', 'libatomic1', 'openssh-server'],
]
const BUILD_TIMEOUT_MS = 900_000

export interface RootfsOptions {
  readonly name: string
  /** Options of debootstrap; with others it is another rootfs. */
  readonly options: readonly string[]
  /** Programs it takes to make and to use it, with the package of each. */
  readonly tools: Readonly<Record<string, string>>
  /** Changes what debootstrap has made. */
  readonly finish?: ((folder: string) => void) | undefined
}

/** A Debian of the release of this machine, without Node.js. */
export function debianRootfs(): string {
  return cachedRootfs({
    name: process.arch,
    options: ['--variant=minbase', `--include=${PACKAGES.join(',')}`],
    tools: { debootstrap: 'debootstrap', 'systemd-nspawn': 'systemd-container' },
  })
}

/** A copy for a machine that keeps what it writes; it is removed when the process exits. */
export function writableCopy(rootfs: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'cocoi-machine-'))
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
  command('cp', ['-a', '--reflink=auto', `${rootfs}/.`, folder])
  return folder
}

/**
 * Made once by debootstrap and kept in the user's cache. It is never written to again: machines boot it
 * under an overlay, or a copy of it.
 */
export function cachedRootfs({ name, options, tools, finish }: RootfsOptions): string {
  requireTools(tools)
  const suite = codename()
  const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'cocoi', 'rootfs')
  const kind = createHash('sha256').update(options.join(' ')).digest('hex').slice(0, 8)
  const folder = join(cache, `${suite}-${name}-${kind}`)
  if (!existsSync(folder)) make(folder, { suite, options, finish })
  return folder
}

function make(
  folder: string,
  { suite, options, finish }: Pick<RootfsOptions, 'options' | 'finish'> & { suite: string },
): void {
  const partial = `${folder}.${process.pid}.part`
  mkdirSync(dirname(folder), { recursive: true })
  process.stderr.write(`      making ${folder} with debootstrap, which takes a minute or two\n`)
  try {
    command('debootstrap', [...options, suite, partial, mirror(suite)])
    rmSync(join(partial, 'var/cache/apt'), { recursive: true, force: true })
    rmSync(join(partial, 'var/lib/apt/lists'), { recursive: true, force: true })
    finish?.(partial)
    renameSync(partial, folder)
  } finally {
    rmSync(partial, { recursive: true, force: true })
  }
}

/** @param tools the package of each */
function requireTools(tools: Readonly<Record<string, string>>): void {
  if (process.getuid?.() !== 0) throw new Error('only root can make machines: run it with sudo')
  for (const [tool, pkg] of Object.entries(tools)) {
    const { status } = spawnSync('sh', ['-c', `command -v ${tool}`])
    if (status !== 0) throw new Error(`${tool} is not installed: apt-get install ${pkg}`)
  }
}

function codename(): string {
  const name = /^VERSION_CODENAME=(\w+)$/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1]
  if (name) return name
  throw new Error('/etc/os-release names no release of Debian: run this on Debian')
}

/** Where this machine has its own packages from. */
function mirror(suite: string): string {
  const format = '$(REPO_URI) $(CODENAME) $(COMPONENT)'
  const lines = command('apt-get', ['indextargets', '--format', format]).split('\n')
  const found = lines.find(line => line.endsWith(` ${suite} main`))?.split(' ')[0]
  if (found) return found
  throw new Error(`apt knows no source of ${suite}: run apt-get update`)
}

function command(program: string, parameters: readonly string[]): string {
  const options = { encoding: 'utf8', timeout: BUILD_TIMEOUT_MS } as const
  const { status, error, stdout, stderr } = spawnSync(program, parameters, options)
  if (status === 0) return stdout
  const said = `${stdout ?? ''}${stderr ?? ''}`.split('\n').slice(-5).join('\n')
  throw new Error(`${program} failed: ${error?.message ?? said}`)
}
