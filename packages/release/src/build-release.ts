import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describeRelease, packRelease, type ReleaseFacts } from './archive.ts'
import { ReleaseError } from './errors.ts'
import { type Platform, runsHere } from './platform.ts'
import { pruneRelease } from './prune.ts'
import { stageRelease } from './stage.ts'
import { tryRelease } from './try-release.ts'

/** A copy to a Pi over slow Wi-Fi should not take minutes. */
const MAX_BYTES = 35_000_000

export interface Release extends ReleaseFacts {
  readonly tarball: string
  readonly bytes: number
  /** Whether it was started; what is for another platform cannot be. */
  readonly tried: boolean
}

/**
 * Makes the tarball for one platform from the compiled repository at `root` in the folder `output`.
 *
 * @throws {ReleaseError}
 */
export function buildRelease(root: string, output: string, platform: Platform): Release {
  const manifest = readFileSync(join(root, 'package.json'), 'utf8')
  const { version } = JSON.parse(manifest) as { version: string }
  const name = `cocoi-${version}-${platform.name}`
  const staging = join(output, `.staging-${platform.name}`)
  const [stage, tarball] = [join(staging, name), join(output, `${name}.tar.gz`)]
  rmSync(staging, { recursive: true, force: true })
  mkdirSync(stage, { recursive: true })
  try {
    stageRelease(root, stage, platform)
    pruneRelease(stage, platform)
    const facts = describeRelease(stage, platform)
    const bytes = packRelease(stage, tarball)
    checkSize(tarball, bytes)
    const tried = runsHere(platform)
    if (tried) tryRelease(tarball, name)
    return { ...facts, tarball, bytes, tried }
  } finally {
    rmSync(staging, { recursive: true, force: true })
  }
}

function checkSize(tarball: string, bytes: number): void {
  if (bytes <= MAX_BYTES) return
  const message = `${tarball} has ${bytes} bytes, more than ${MAX_BYTES}: see what a dependency has brought`
  throw new ReleaseError('ERR_TOO_LARGE', message)
}
