import { floatTensor, makeModel, makeNode, makeValueInfo, serializeModel } from '@cocoi/onnx'

const [size, channels] = [64, 16]

/** An ONNX file of a small image classifier, enough to see that a release prepares, plans and computes. */
export function sampleModel(): Uint8Array {
  const model = makeModel({
    name: 'sample',
    nodes: [
      makeNode('Conv', ['image', 'w1'], ['c1'], { pads: [1, 1, 1, 1] }),
      makeNode('Relu', ['c1'], ['r1']),
      makeNode('Conv', ['r1', 'w2'], ['c2'], { pads: [1, 1, 1, 1] }),
      makeNode('GlobalAveragePool', ['c2'], ['mean']),
      makeNode('Flatten', ['mean'], ['scores']),
    ],
    inputs: [makeValueInfo('image', 'float32', [1, 3, size, size])],
    outputs: [makeValueInfo('scores', 'float32', [1, channels])],
    initializers: [kernels('w1', 3), kernels('w2', channels)],
  })
  return serializeModel(model)
}

/** 3 × 3 kernels of small numbers that look irregular. */
function kernels(name: string, inputs: number) {
  const values = Float32Array.from({ length: channels * inputs * 9 }, (_, i) => Math.sin(i) / 9)
  return floatTensor(name, [channels, inputs, 3, 3], values)
}
