import { copyFile, mkdir, open, rename, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { ModelError, systemCode } from './errors.ts'
import { parseLabels } from './labels.ts'
import type { ModelConfig } from './model-config.ts'
import { modelFileName } from './model-folder.ts'
import { replaceFile } from './replace-file.ts'
import { withScratchFolder } from './scratch-folder.ts'
import { checkSourceInThread } from './source-thread.ts'

/** Where a model goes, and with what. */
export interface Installation {
  /** Folder of the repository. */
  readonly folder: string
  readonly name: string
  readonly version: string
  readonly config: ModelConfig | undefined
  readonly labels: readonly string[] | undefined
}

/**
 * Copies a model, once checked, to a hidden folder beside its place and renames that, so that nobody
 * ever finds half a model.
 *
 * @throws {ModelError}
 */
export async function installModel(modelPath: string, to: Installation): Promise<void> {
  const target = join(to.folder, to.name, to.version)
  if (!/^[1-9]\d{0,8}$/.test(to.version)) {
    const message = `"${to.version}" is no version: use a whole number from 1`
    throw new ModelError('ERR_BAD_MODEL_NAME', message)
  }
  if (to.labels) parseLabels(to.labels.join('\n'), `labels of "${to.name}"`)
  if (await exists(target)) throw alreadyThere(to)
  const files = await checkSourceInThread(modelPath)
  await withScratchFolder(to.folder, async scratch => {
    const version = join(scratch, to.version)
    await copyWhole(modelPath, join(version, modelFileName))
    for (const file of files) await copyWhole(join(dirname(modelPath), file), join(version, file))
    await place(version, target, to)
  })
}

async function place(version: string, target: string, to: Installation): Promise<void> {
  const folder = dirname(target)
  await mkdir(folder, { recursive: true })
  if (to.config) await replaceFile(join(folder, 'config.json'), JSON.stringify(to.config, null, 2))
  if (to.labels) await replaceFile(join(folder, 'labels.txt'), `${to.labels.join('\n')}\n`)
  await rename(version, target).catch(error => {
    throw ['EEXIST', 'ENOTEMPTY'].includes(systemCode(error) ?? '') ? alreadyThere(to) : error
  })
}

async function copyWhole(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true })
  await copyFile(from, to)
  const file = await open(to, 'r')
  await file.sync().finally(() => file.close())
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined
}

function alreadyThere({ name, version }: Installation): ModelError {
  const message = `the model "${name}" already has a version ${version}; leave the version out to add the next one`
  return new ModelError('ERR_MODEL_EXISTS', message)
}
