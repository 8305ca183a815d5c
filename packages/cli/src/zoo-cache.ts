import { mkdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { serializeModel } from '@cocoi/onnx'
import { streamModel, ZOO, type ZooName, zooName } from '@cocoi/zoo'
import { undoAtExit } from './at-exit.ts'
import { CliError } from './errors.ts'
import { exitCode } from './exit-code.ts'
import type { Progress } from './progress.ts'
import { isSystemError, systemReason } from './system-error.ts'
import { bytes } from './tables.ts'
import { cacheFolder } from './workspace.ts'

/**
 * Path of a model of the zoo, written to the cache folder when it is first asked for. The model file
 * is written last: one that is there is whole.
 *
 * @throws {ZooError} for an architecture that is not in the zoo
 */
export async function zooModel(name: string, seed: number, progress: Progress): Promise<string> {
  const architecture = zooName(name)
  const folder = join(cacheFolder(), 'zoo', `${architecture}-${seed}`)
  const path = join(folder, 'model.onnx')
  if (await exists(path)) return path
  const { parameters } = ZOO[architecture]
  progress.step(`writing ${architecture} with seeded weights (${bytes(parameters * 4)})`)
  await writeModel(architecture, seed, path).catch(error => {
    const message = `cannot write ${architecture} to ${folder}: ${systemReason(error)}; set XDG_CACHE_HOME to a folder with room`
    throw isSystemError(error) ? new CliError('ERR_NO_OUTPUT', message, exitCode.failed) : error
  })
  progress.done()
  return path
}

async function writeModel(architecture: ZooName, seed: number, path: string): Promise<void> {
  const folder = dirname(path)
  await mkdir(folder, { recursive: true })
  const { model, weights } = streamModel(architecture, seed)
  await writeWhole(join(folder, 'weights.bin'), weights())
  await writeWhole(path, serializeModel(model))
}

/** Under its own name a file is always complete; what was begun and not finished is removed. */
async function writeWhole(path: string, content: Parameters<typeof writeFile>[1]): Promise<void> {
  const partial = `${path}.${process.pid}.part`
  const removePartial = undoAtExit(() => rm(partial, { force: true }))
  try {
    await writeFile(partial, content)
    await rename(partial, path)
  } finally {
    await removePartial()
  }
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}
