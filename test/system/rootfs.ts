import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

/** What the tests need beyond a minimal Debian: an init, and what Node.js is linked with. */
const INIT = ['systemd', 'systemd-sysv', 'dbus', 'libnss-systemd']
const LIBRARIES = ['libstdc++6', 'libatomic1']
const BUILD_TIMEOUT_MS = 900_000

/**
 * A Debian of the release of this machine, without Node.js; made once by debootstrap and kept in the
 * user's cache. It is never written to again: machines boot it under an overlay.
 */
export function debianRootfs(): string {
  requireTools({ debootstrap: 'debootstrap', 'systemd-nspawn': 'systemd-container' })
  return cached('', ['--variant=minbase', `--include=${[...INIT, ...LIBRARIES].join(',')}`])
}

/**
 * The files of a Debian for arm64, unpacked but not set up: what a program of that processor loads when
 * it runs here under qemu, which takes the files it opens from there, as far as they exist.
 */
export function arm64Rootfs(): string {
  requireTools({ debootstrap: 'debootstrap', 'qemu-aarch64-static': 'qemu-user-static' })
  const options = ['--foreign', '--arch=arm64', '--variant=minbase']
  const packages = `--include=${LIBRARIES.join(',')}`
  return cached('-arm64', [...options, packages], showPi4)
}

/** onnxruntime looks for an arm processor there, and dies of any other. */
function showPi4(folder: string): void {
  const proc = join(folder, 'proc')
  rmSync(proc, { recursive: true, force: true })
  mkdirSync(proc)
  const core = (index: number) => `processor\t: ${index}\n${cortexA72}\n`
  writeFileSync(join(proc, 'cpuinfo'), [0, 1, 2, 3].map(core).join(''))
}

const cortexA72 = `BogoMIPS\t: 108.00
Features\t: fp asimd evtstrm crc32 cpuid
CPU implementer\t: 0x41
CPU architecture: 8
CPU variant\t: 0x0
CPU part\t: 0xd08
CPU revision\t: 3
`

function cached(
  suffix: string,
  options: readonly string[],
  finish: (folder: string) => void = () => undefined,
): string {
  const suite = codename()
  const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'cocoi', 'rootfs')
  const folder = join(cache, `${suite}${suffix}`)
  const partial = `${folder}.${process.pid}.part`
  if (existsSync(folder)) return folder
  mkdirSync(cache, { recursive: true })
  process.stderr.write(`      making ${folder} with debootstrap, which takes a minute or two\n`)
  try {
    command('debootstrap', [...options, suite, partial, mirror(suite)])
    rmSync(join(partial, 'var/cache/apt'), { recursive: true, force: true })
    rmSync(join(partial, 'var/lib/apt/lists'), { recursive: true, force: true })
    finish(partial)
    renameSync(partial, folder)
  } finally {
    rmSync(partial, { recursive: true, force: true })
  }
  return folder
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
