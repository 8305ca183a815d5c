import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildRelease } from './build-release.ts'
import { ReleaseError } from './errors.ts'
import { PLATFORMS, runsHere } from './platform.ts'

/** `npm run package [PLATFORM … | here]`: makes the tarballs and prints what has become of each. */
const root = fileURLToPath(new URL('../../..', import.meta.url))
const output = fileURLToPath(new URL('../../../dist/release', import.meta.url))

try {
  for (const platform of chosen(process.argv.slice(2))) {
    const { tarball, bytes, tried, build } = buildRelease(root, output, platform)
    const size = `${(bytes / 1e6).toFixed(1)} MB`
    const state = tried ? 'starts and plans' : 'not started: made for another platform'
    process.stdout.write(`${relative(root, tarball)}  ${size}  build ${build}  ${state}\n`)
  }
} catch (error) {
  if (!(error instanceof ReleaseError)) throw error
  process.stderr.write(`${error.code}: ${error.message}\n`)
  process.exitCode = 1
}

function chosen(names: readonly string[]) {
  if (names[0] === 'here') return PLATFORMS.filter(runsHere)
  const known = PLATFORMS.map(({ name }) => name).join(', ')
  const unknown = names.find(name => PLATFORMS.every(platform => platform.name !== name))
  if (unknown) throw new ReleaseError('ERR_INCOMPLETE', `no platform ${unknown}: use ${known}`)
  return names.length === 0 ? PLATFORMS : PLATFORMS.filter(({ name }) => names.includes(name))
}
