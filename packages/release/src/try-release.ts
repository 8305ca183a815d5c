import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ReleaseError } from './errors.ts'
import { runCommand } from './run-command.ts'
import { sampleModel } from './sample-model.ts'

/**
 * Unpacks a tarball into a folder of its own, where no dependency of the repository can be found, and
 * lets it plan a small model, with Node.js but without npm in the path.
 *
 * @throws {ReleaseError} ERR_COMMAND_FAILED with what it said, ERR_INCOMPLETE if it does not plan
 */
export function tryRelease(tarball: string, name: string): void {
  const folder = mkdtempSync(join(tmpdir(), 'cocoi-release-'))
  try {
    runCommand(['tar', '-xzf', tarball], { folder })
    const cocoi = join(folder, name, 'bin/cocoi')
    const options = { folder, environment: { PATH: pathWithNode(folder), HOME: folder } }
    writeFileSync(join(folder, 'sample.onnx'), sampleModel())
    runCommand([cocoi, '--help'], options)
    const plan = runCommand([cocoi, 'plan', 'sample.onnx', '--scheme', 'mds:6,4'], options)
    if (!/\b6,4\b/.test(plan)) {
      throw new ReleaseError('ERR_INCOMPLETE', `${name} does not plan the sample model:\n${plan}`)
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The programs of the system, and the Node.js that runs this. */
function pathWithNode(folder: string): string {
  const programs = join(folder, 'programs')
  mkdirSync(programs)
  symlinkSync(process.execPath, join(programs, 'node'))
  for (const name of ['sh', 'dirname', 'readlink'])
    symlinkSync(`/bin/${name}`, join(programs, name))
  return programs
}
