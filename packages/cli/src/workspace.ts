import { mkdir } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { BlobStore } from '@cocoi/blobs'
import { createEngine, type Engine } from '@cocoi/engine'
import { type ModelEntry, ModelRepository, type PreparedModel, prepareModel } from '@cocoi/models'
import { undoAtExit } from './at-exit.ts'
import { readModelFiles } from './model-files.ts'
import { modelNameOf } from './model-name.ts'
import type { Progress } from './progress.ts'
import { makeTemporaryFolder } from './temporary-folder.ts'

/** Where files that can be made again are kept between commands (XDG Base Directory). */
export function cacheFolder(): string {
  const base = process.env.XDG_CACHE_HOME || join(homedir(), '.cache')
  return join(base, 'cocoi')
}

/** A model in a repository of its own, checked and prepared, with an engine for the oracle. */
export interface Workspace {
  readonly folder: string
  readonly models: string
  readonly coordinatorState: string
  readonly engine: Engine
  readonly entry: ModelEntry
  readonly prepared: PreparedModel
  close(): Promise<void>
}

export interface WorkspaceOptions {
  readonly modelPath: string
  /** Name of the model; by default that of its file. */
  readonly name?: string
  /** Paths of the files that go with it. */
  readonly config?: string
  readonly labels?: string
  readonly progress: Progress
}

/**
 * Prepares a model in a new temporary folder, which the virtual cluster then works in: what is
 * wrong with the model is found before any process is started.
 *
 * @throws {ModelError} | {OnnxError} for a model that cannot be used
 */
export async function openWorkspace(options: WorkspaceOptions): Promise<Workspace> {
  const { path: folder, remove } = makeTemporaryFolder()
  const engine = createEngine({ name: 'cocoi-oracle', threads: 1 })
  const closeEngine = undoAtExit(() => engine.close())
  const close = async () => {
    await closeEngine()
    await remove()
  }
  try {
    const [models, coordinatorState] = [join(folder, 'models'), join(folder, 'coordinator')]
    await mkdir(models)
    const { entry, prepared } = await prepare(options, { engine, models, coordinatorState })
    return { folder, models, coordinatorState, engine, entry, prepared, close }
  } catch (error) {
    await close()
    throw error
  }
}

async function prepare(
  { modelPath, name = modelNameOf(modelPath), config, labels, progress }: WorkspaceOptions,
  {
    engine,
    models,
    coordinatorState,
  }: {
    engine: Engine
    models: string
    coordinatorState: string
  },
): Promise<{ entry: ModelEntry; prepared: PreparedModel }> {
  const files = await readModelFiles({ config, labels })
  progress.step(`preparing ${name}`)
  const repository = await ModelRepository.open(models)
  const entry = await repository.add(name, modelPath, files)
  const store = await BlobStore.open(join(coordinatorState, 'blobs'))
  // The file that was named: an error about a copy of it would be about a file that is gone.
  const named = { ...entry, modelPath: resolve(modelPath) }
  const prepared = await prepareModel(named, {
    ...{ engine, store, cacheFolder: join(coordinatorState, 'prepared') },
    onProgress: ({ step, done, total }) =>
      progress.detail(total ? `${step} ${done} of ${total}` : step),
  })
  progress.done()
  return { entry, prepared }
}
