import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type ModelProto, serializeModel } from '@cocoi/onnx'
import { type Cluster, startCluster } from '@cocoi/testbed'

/** From `dist/test/overload/`. */
const cocoi = fileURLToPath(new URL('../../../packages/cli/bin/cocoi.js', import.meta.url))

export const modelName = 'small-cnn'

export interface OverloadCluster {
  readonly cluster: Cluster
  close(): Promise<void>
}

/** A cluster with one model in a temporary folder. */
export async function startOverloadCluster(
  model: ModelProto,
  options: {
    readonly devices: number
    readonly coordinatorFlags: Readonly<Record<string, number>>
    readonly onProgress: (text: string) => void
  },
): Promise<OverloadCluster> {
  const folder = await mkdtemp(join(tmpdir(), 'cocoi-overload-'))
  const models = join(folder, 'models')
  const version = join(models, modelName, '1')
  await mkdir(version, { recursive: true })
  await writeFile(join(version, 'model.onnx'), serializeModel(model))
  const remove = () => rm(folder, { recursive: true, force: true })
  try {
    const cluster = await startCluster({
      ...{ command: [process.execPath, cocoi], devices: options.devices, folder, models },
      // So small a model is not worth the way; here the way is what is loaded.
      coordinatorFlags: { minIntensity: 0, ...options.coordinatorFlags },
      deviceFlags: () => ({ threads: 1 }),
      onProgress: ({ done, total }) => options.onProgress(`${done} of ${total} devices online`),
    })
    return { cluster, close: () => cluster.stop().finally(remove) }
  } catch (error) {
    await remove()
    throw error
  }
}
