import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ModelConfig, ModelEntry } from '@cocoi/models'
import {
  floatTensor,
  int64Tensor,
  type ModelParts,
  type ModelProto,
  makeModel,
  makeNode,
  makeValueInfo,
  serializeModel,
  setExternal,
} from '@cocoi/onnx'
import { waveFloats } from './plain-runtime.ts'

/** Conv (weights of 18 KiB) → BatchNorm → Relu → mean over the image → Flatten: a classifier. */
export function classifier(
  dims: (number | string)[] = [1, 3, 16, 16],
  parts: Partial<ModelParts> = {},
): ModelProto {
  const channels = ['scale', 'shift', 'mean'].map((name, i) =>
    floatTensor(name, [64], waveFloats([64], 0.1 + i)),
  )
  return makeModel({
    name: 'classifier',
    nodes: [
      makeNode('Conv', ['image', 'weights'], ['c'], { kernel_shape: [5, 5], strides: [2, 2] }),
      makeNode('BatchNormalization', ['c', 'scale', 'shift', 'mean', 'variance'], ['b']),
      makeNode('Relu', ['b'], ['r']),
      makeNode('GlobalAveragePool', ['r'], ['p']),
      makeNode('Flatten', ['p'], ['logits']),
    ],
    inputs: [makeValueInfo('image', 'float32', dims)],
    outputs: [makeValueInfo('logits', 'float32', [dims[0]!, 64])],
    initializers: [
      floatTensor('weights', [64, 3, 5, 5], waveFloats([64, 3, 5, 5], 0.7)),
      ...channels,
      floatTensor('variance', [64], new Float32Array(64).fill(2)),
    ],
    ...parts,
  })
}

/** Keeps the boxes that NonMaxSuppression selects: how many depends on the data. */
export function detector(): ModelProto {
  return makeModel({
    name: 'detector',
    nodes: [
      makeNode('Conv', ['image', 'weights'], ['c'], { kernel_shape: [1, 1] }),
      makeNode('Reshape', ['c', 'boxShape'], ['boxes']),
      makeNode('ReduceMax', ['boxes'], ['best'], { axes: [2], keepdims: 0 }),
      makeNode('Unsqueeze', ['best', 'axis'], ['scores']),
      makeNode('NonMaxSuppression', ['boxes', 'scores', 'most'], ['kept']),
      makeNode('Cast', ['kept'], ['selected'], { to: 1 }),
    ],
    inputs: [makeValueInfo('image', 'float32', [1, 4, 8, 8])],
    outputs: [makeValueInfo('selected', 'float32', ['kept', 3])],
    initializers: [
      floatTensor('weights', [4, 4, 1, 1], waveFloats([4, 4], 0.7)),
      int64Tensor('boxShape', [1, 64, 4]),
      int64Tensor('axis', [1]),
      int64Tensor('most', [10]),
    ],
  })
}

/** Moves the weights of a model to a file beside it, after some bytes that belong to nobody. */
export async function keepWeightsIn(
  model: ModelProto,
  folder: string,
  file: string,
): Promise<void> {
  const graph = model.graph!
  const index = graph.initializer.findIndex(({ name }) => name === 'weights')
  const bytes = graph.initializer[index]!.rawData
  await writeFile(join(folder, file), Buffer.concat([Buffer.alloc(64), bytes]))
  const place = { location: file, offset: 64, length: bytes.length }
  graph.initializer[index] = setExternal(graph.initializer[index]!, place)
}

/** The entry of a model that is written to a folder; no repository is needed. */
export async function entryOf(
  folder: string,
  model: ModelProto | Uint8Array,
  config: ModelConfig = {},
): Promise<ModelEntry> {
  const modelPath = join(folder, 'model.onnx')
  await writeFile(modelPath, model instanceof Uint8Array ? model : serializeModel(model))
  return entryAt(modelPath, config)
}

export function entryAt(modelPath: string, config: ModelConfig = {}): ModelEntry {
  return { name: 'small', version: '1', modelPath, config, labels: undefined, fingerprint: '' }
}
