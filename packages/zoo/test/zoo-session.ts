import { open } from 'node:fs/promises'
import { join } from 'node:path'
import type { Engine, EngineSession, EngineTensor } from '@cocoi/engine'
import { type ModelProto, makeValueInfo, serializeModel } from '@cocoi/onnx'
import { type StreamedModel, seededTensor } from '@cocoi/zoo'

const dims = [1, 3, 224, 224]

/** An image of noise: mean 0, variance 1, no two pixels alike. */
export function noiseImage(seed: number): EngineTensor {
  return { type: 'float32', dims, data: seededTensor('image', dims, seed, unit).rawData }
}

/** An image of 14×14 flat tiles: mean 0, variance 1, smooth like a photograph. */
export function tiledImage(seed: number): EngineTensor {
  const tiles = floats(seededTensor('tiles', [3, 14, 14], seed, unit).rawData)
  const pixels = Float32Array.from({ length: 3 * 224 * 224 }, (_, i) => {
    const [channel, row, column] = [Math.floor(i / 224 ** 2), Math.floor(i / 224) % 224, i % 224]
    return tiles[channel * 196 + Math.floor(row / 16) * 14 + Math.floor(column / 16)]!
  })
  return { type: 'float32', dims, data: new Uint8Array(pixels.buffer) }
}

const unit = { mean: 0, deviation: 1 }

/** Elements of a tensor of a model. */
export function elements({ dims }: { dims: readonly bigint[] }): number {
  return dims.reduce((product, size) => product * Number(size), 1)
}

export function floats(data: Uint8Array): Float32Array {
  return new Float32Array(data.slice().buffer)
}

export function rootMeanSquare(values: Float32Array): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value ** 2, 0) / values.length)
}

/**
 * Writes the weights file of a streamed model; from `realBytes` on it stays a hole that reads as
 * zeros, so that VGG16 need not be drawn whole.
 */
export async function writeWeights(folder: string, streamed: StreamedModel, realBytes = Infinity) {
  const file = await open(join(folder, 'weights.bin'), 'w')
  let written = 0
  for (const chunk of streamed.weights()) {
    await file.writeFile(chunk)
    written += chunk.length
    if (written >= realBytes) break
  }
  await file.truncate(streamed.weightsBytes)
  await file.close()
}

/** A session that also returns the output of every node of these types. */
export function load(
  engine: Engine,
  { model, weightsFolder }: { model: ModelProto; weightsFolder: string },
  opTypes: readonly string[],
): Promise<EngineSession> {
  const inner = model.graph!.node.filter(({ opType }) => opTypes.includes(opType))
  const names = inner.flatMap(({ output }) => output).filter(name => name !== 'logits')
  const info = (name: string) => makeValueInfo(name, 'float32', rank(name, model))
  model.graph!.output.push(...names.map(info))
  return engine.load(serializeModel(model), { weightsFolder, prepack: false })
}

function rank(name: string, model: ModelProto): string[] {
  const producer = model.graph!.node.find(({ output }) => output.includes(name))!
  const flat = ['Gemm', 'Flatten'].includes(producer.opType) || name.startsWith('classifier')
  return flat ? ['n', 'c'] : ['n', 'c', 'h', 'w']
}
