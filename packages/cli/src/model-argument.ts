import { stat } from 'node:fs/promises'
import type { Progress } from './progress.ts'
import { zooModel } from './zoo-cache.ts'

/** The path of a model that is named by its file or, from the zoo, by its architecture. */
export async function modelArgument(model: string, progress: Progress): Promise<string> {
  const isFile = await stat(model).then(
    () => true,
    () => model.endsWith('.onnx'),
  )
  return isFile ? model : await zooModel(model, 1, progress)
}
