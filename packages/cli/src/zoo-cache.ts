import { mkdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { serializeModel } from '@cocoi/onnx'
import { streamModel, ZOO, zooName } from '@cocoi/zoo'
import { undoAtExit } from './at-exit.ts'
import type { Progress } from './progress.ts'
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
  await mkdir(folder, { recursive: true })
  const { model, weights } = streamModel(architecture, seed)
  await writeWhole(join(folder, 'weights.bin'), weights())
  await writeWhole(path, serializeModel(model))
  progress.done()
  return path
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
