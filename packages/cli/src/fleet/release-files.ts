import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { CliError } from '../errors.ts'
import { systemReason } from '../system-error.ts'

/** Names of processors, as `uname -m` says them, in those of the tarballs. */
const platforms: Readonly<Record<string, string>> = {
  aarch64: 'linux-arm64',
  arm64: 'linux-arm64',
  x86_64: 'linux-x64',
}

/**
 * The tarball for a processor.
 *
 * @param place a tarball, or a folder in which `npm run package` has put some
 * @throws {CliError} ERR_NO_INPUT
 */
export async function releaseFor(machine: string, place: string): Promise<string> {
  const platform = platforms[machine]
  if (!platform) {
    const message = `there is no release for ${machine}: it takes a 64-bit system on arm or x86`
    throw new CliError('ERR_NO_INPUT', message)
  }
  const candidates = await tarballs(place)
  const found = candidates.find(name => name.endsWith(`-${platform}.tar.gz`))
  if (found) return found
  const message = `${place} has no release for ${platform}: make one with 'npm run package'`
  throw new CliError('ERR_NO_INPUT', message)
}

/** The newest first. */
async function tarballs(place: string): Promise<string[]> {
  try {
    if (!(await stat(place)).isDirectory()) return [place]
    const names = (await readdir(place)).filter(name => /^cocoi-.*\.tar\.gz$/.test(name))
    const paths = names.map(name => join(place, name))
    const dated = await Promise.all(
      paths.map(async path => ({ path, at: (await stat(path)).mtimeMs })),
    )
    return dated.sort((a, b) => b.at - a.at).map(({ path }) => path)
  } catch (error) {
    const message = `--release ${place}: ${systemReason(error)}; make one with 'npm run package'`
    throw new CliError('ERR_NO_INPUT', message)
  }
}
