import {
  floatTensor,
  type ModelProto,
  makeModel,
  makeNode,
  makeValueInfo,
  serializeModel,
} from '@cocoi/onnx'
import type { NamedTensor } from '@cocoi/protocol'

const wave = (count: number, step: number, scale = 1) =>
  Float32Array.from({ length: count }, (_, i) => scale * Math.sin(i * step))

/** Two convolutions with a ReLU between; `scale` multiplies the first one's weights. */
export function smallModel(scale = 1): ModelProto {
  return makeModel({
    name: 'small',
    nodes: [
      makeNode('Conv', ['x', 'w1', 'b1'], ['a'], { kernel_shape: [3, 3], pads: [1, 1, 1, 1] }),
      makeNode('Relu', ['a'], ['r']),
      makeNode('Conv', ['r', 'w2'], ['y'], { kernel_shape: [3, 3], strides: [2, 2] }),
    ],
    inputs: [makeValueInfo('x', 'float32', [1, 8, 29, 29])],
    outputs: [makeValueInfo('y', 'float32', [1, 16, 14, 14])],
    initializers: [
      floatTensor('w1', [8, 8, 3, 3], wave(576, 0.7, scale)),
      floatTensor('b1', [8], wave(8, 0.3)),
      floatTensor('w2', [16, 8, 3, 3], wave(1152, 0.9)),
    ],
  })
}

export const smallModelBytes = (scale = 1) => serializeModel(smallModel(scale))

export function smallInput(seed = 1): NamedTensor {
  const values = wave(8 * 29 * 29, 0.11 * seed)
  return { name: 'x', type: 'float32', dims: [1, 8, 29, 29], data: new Uint8Array(values.buffer) }
}

/** Sixty convolutions one after the other: takes several times as long as anything around it. */
export function slowModelBytes(): Uint8Array {
  const depth = 60
  const conv = (from: string, to: string) =>
    makeNode('Conv', [from, 'w'], [to], { kernel_shape: [3, 3], pads: [1, 1, 1, 1] })
  const name = (i: number) => (i === 0 ? 'x' : i === depth ? 'y' : `t${i}`)
  return serializeModel(
    makeModel({
      name: 'slow',
      nodes: Array.from({ length: depth }, (_, i) => conv(name(i), name(i + 1))),
      inputs: [makeValueInfo('x', 'float32', [1, 8, 29, 29])],
      outputs: [makeValueInfo('y', 'float32', [1, 8, 29, 29])],
      initializers: [floatTensor('w', [8, 8, 3, 3], wave(576, 0.7, 0.1))],
    }),
  )
}
