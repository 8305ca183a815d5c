import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

/** What the tests need beyond a minimal Debian: an init, and what Node.js is linked with. */
const PACKAGES = ['systemd', 'systemd-sysv', 'dbus', 'libnss-systemd', 'libstdc++6', 'libatomic1']
const TOOLS = { debootstrap: 'debootstrap', 'systemd-nspawn': 'systemd-container' }
const BUILD_TIMEOUT_MS = 900_000

/**
 * A Debian of the release of this machine, without Node.js; made once by debootstrap and kept in the
 * user's cache. It is never written to again: machines boot it under an overlay.
 */
export function debianRootfs(): string {
  requireTools()
  const suite = codename()
  const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'cocoi', 'rootfs')
  const [folder, partial] = [join(cache, suite), join(cache, `${suite}.${process.pid}.part`)]
  if (existsSync(folder)) return folder
  mkdirSync(cache, { recursive: true })
  process.stderr.write(`      making ${folder} with debootstrap, which takes a minute or two\n`)
  try {
    const options = ['--variant=minbase', `--include=${PACKAGES.join(',')}`]
    command('debootstrap', [...options, suite, partial, mirror(suite)])
    rmSync(join(partial, 'var/cache/apt'), { recursive: true })
    rmSync(join(partial, 'var/lib/apt/lists'), { recursive: true })
    renameSync(partial, folder)
  } finally {
    rmSync(partial, { recursive: true, force: true })
  }
  return folder
}

function requireTools(): void {
  if (process.getuid?.() !== 0) throw new Error('only root can boot machines: run it with sudo')
  for (const [tool, pkg] of Object.entries(TOOLS)) {
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
