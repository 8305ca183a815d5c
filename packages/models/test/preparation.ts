import { join } from 'node:path'
import { BlobStore } from '@cocoi/blobs'
import { createEngine, type Engine, type EngineTensor } from '@cocoi/engine'
import { type ModelEntry, type PreparedModel, prepareModel } from '@cocoi/models'
import { serializeModel } from '@cocoi/onnx'
import { floats } from './plain-runtime.ts'

/** An engine, a store and a cache to prepare models with. */
export class Workshop {
  readonly engine: Engine = createEngine({ threads: 1 })
  readonly store: BlobStore
  readonly cacheFolder: string

  private constructor(store: BlobStore, cacheFolder: string) {
    this.store = store
    this.cacheFolder = cacheFolder
  }

  static async open(folder: string): Promise<Workshop> {
    return new Workshop(await BlobStore.open(join(folder, 'blobs')), join(folder, 'cache'))
  }

  prepare(entry: ModelEntry): Promise<PreparedModel> {
    const { engine, store, cacheFolder } = this
    return prepareModel(entry, { engine, store, cacheFolder })
  }

  /** Runs the prepared graph from its blobs and returns its float outputs. */
  async run(
    { graph, weightsFolder }: PreparedModel,
    inputs: Readonly<Record<string, EngineTensor>>,
  ): Promise<Record<string, Float32Array>> {
    const session = await this.engine.load(serializeModel(graph), { weightsFolder })
    const { outputs } = await session.run(inputs)
    await session.release()
    const values = Object.entries(outputs).map(([name, { data }]) => [name, floats(data)] as const)
    return Object.fromEntries(values)
  }
}
