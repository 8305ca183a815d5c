import { createEngine, type EngineTensor } from '@cocoi/engine'
import {
  floatTensor,
  type ModelProto,
  makeModel,
  makeNode,
  makeValueInfo,
  serializeModel,
} from '@cocoi/onnx'
import { Dice } from './dice.ts'

/** Different pictures; answers that were mixed up are found out as wrong. */
const pictures = 12
const size = 64

/** An input and what plain onnxruntime makes of it with the uncut model. */
export interface Sample {
  readonly input: EngineTensor
  readonly outputs: Readonly<Record<string, Float32Array>>
}

/**
 * Three convolutions, a skip connection and a classifier: three stages, with 16 channels of ten
 * milliseconds together.
 */
export function smallCnn(seed: number, channels = 16): ModelProto {
  const dice = new Dice(seed)
  const features = (3 * channels) / 2
  const conv = (name: string, input: string, stride: number) =>
    makeNode('Conv', [input, `${name}.w`, `${name}.b`], [name], {
      kernel_shape: [3, 3],
      strides: [stride, stride],
      pads: [1, 1, 1, 1],
    })
  const weights = (name: string, dims: number[]) => {
    const fanIn = dims.slice(1).reduce((product, extent) => product * extent, 1)
    return floatTensor(name, dims, uniform(dice, dims, Math.sqrt(6 / fanIn)))
  }
  const bias = (name: string, count: number) =>
    floatTensor(name, [count], uniform(dice, [count], 0.1))
  return makeModel({
    name: 'small-cnn',
    nodes: [
      conv('c1', 'image', 1),
      makeNode('Relu', ['c1'], ['r1']),
      conv('c2', 'r1', 1),
      makeNode('Add', ['c2', 'r1'], ['sum']),
      makeNode('Relu', ['sum'], ['r2']),
      conv('features', 'r2', 2),
      makeNode('GlobalAveragePool', ['features'], ['pooled']),
      makeNode('Flatten', ['pooled'], ['flat']),
      makeNode('Gemm', ['flat', 'fc.w', 'fc.b'], ['logits'], { transB: 1 }),
    ],
    inputs: [makeValueInfo('image', 'float32', [1, 3, size, size])],
    outputs: [
      makeValueInfo('features', 'float32', [1, features, size / 2, size / 2]),
      makeValueInfo('logits', 'float32', [1, 10]),
    ],
    initializers: [
      ...[weights('c1.w', [channels, 3, 3, 3]), bias('c1.b', channels)],
      ...[weights('c2.w', [channels, channels, 3, 3]), bias('c2.b', channels)],
      ...[weights('features.w', [features, channels, 3, 3]), bias('features.b', features)],
      ...[weights('fc.w', [10, features]), bias('fc.b', 10)],
    ],
  })
}

/** Seeded pictures with their right answers. */
export async function samplesOf(model: ModelProto, seed: number): Promise<Sample[]> {
  const dice = new Dice(seed)
  const engine = createEngine({ name: 'chaos-oracle', threads: 1 })
  try {
    const session = await engine.load(serializeModel(model))
    const samples: Sample[] = []
    for (let i = 0; i < pictures; i++) {
      const dims = [1, 3, size, size]
      const data = new Uint8Array(uniform(dice, dims, 1).buffer)
      const input: EngineTensor = { type: 'float32', dims, data }
      const { outputs } = await session.run({ image: input })
      const floats = Object.entries(outputs).map(([name, { data }]) => [name, floatsOf(data)])
      samples.push({ input, outputs: Object.fromEntries(floats) })
    }
    return samples
  } finally {
    await engine.close()
  }
}

/** The elements of a float32 tensor, wherever its bytes lie. */
export function floatsOf(data: Uint8Array): Float32Array {
  return new Float32Array(data.slice().buffer)
}

function uniform(dice: Dice, dims: readonly number[], bound: number): Float32Array {
  const count = dims.reduce((product, extent) => product * extent, 1)
  return Float32Array.from({ length: count }, () => (2 * dice.next() - 1) * bound)
}
