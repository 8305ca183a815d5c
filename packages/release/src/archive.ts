import { createHash } from 'node:crypto'
import {
  lstatSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join, relative } from 'node:path'
import type { Platform } from './platform.ts'
import { runCommand } from './run-command.ts'

/** What `release.json` in a tarball says, which the installer reads too. */
export interface ReleaseFacts {
  readonly version: string
  /** Tells two builds of one version apart: the same files have the same. */
  readonly build: string
  readonly platform: string
  /** Range of Node.js versions, as in package.json. */
  readonly node: string
}

/** Describes what lies in `stage` and writes it there. */
export function describeRelease(stage: string, platform: Platform): ReleaseFacts {
  const manifest = JSON.parse(readFileSync(join(stage, 'package.json'), 'utf8')) as {
    version: string
    engines: { node: string }
  }
  const build = hashOfTree(stage).slice(0, 8)
  const { version, engines } = manifest
  const facts = { version, build, platform: platform.name, node: engines.node }
  writeFileSync(join(stage, 'release.json'), `${JSON.stringify(facts, null, 2)}\n`)
  return facts
}

/** Packs the folder `stage` with its name; the same files make the same bytes. Returns the size. */
export function packRelease(stage: string, tarball: string): number {
  const sameAnywhere = ['--sort=name', '--mtime=@0', '--owner=0', '--group=0', '--numeric-owner']
  const options = [...sameAnywhere, '--mode=u=rwX,go=rX', '--format=posix']
  const times = '--pax-option=delete=atime,delete=ctime'
  const command = ['tar', ...options, times, '-I', 'gzip -9n', '-cf', tarball, basename(stage)]
  runCommand(command, { folder: dirname(stage) })
  return statSync(tarball).size
}

function hashOfTree(folder: string): string {
  const hash = createHash('sha256')
  for (const path of filesIn(folder).sort()) {
    const isLink = lstatSync(join(folder, path)).isSymbolicLink()
    const content = isLink ? readlinkSync(join(folder, path)) : readFileSync(join(folder, path))
    hash.update(`${path}\0`).update(createHash('sha256').update(content).digest())
  }
  return hash.digest('hex')
}

/** Files and links, not what links lead to. */
function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => !entry.isDirectory())
    .map(entry => relative(folder, join(entry.parentPath, entry.name)))
}
