import {
  int64Tensor,
  type ModelProto,
  makeModel,
  makeNode,
  makeValueInfo,
  type NodeProto,
  type TensorProto,
} from '@cocoi/onnx'
import { seededTensor } from '@cocoi/zoo'
import type { Floats } from './plain-onnxruntime.ts'

/** Size of a small network. */
export interface SmallNetworkOptions {
  /** Height and width of the input; odd ones leave remainders. @default [30, 26] */
  readonly size?: readonly [number, number]
  /** Channels between the convolutions. @default 8 */
  readonly channels?: number
  /** Residual blocks. @default 1 */
  readonly blocks?: number
  /** @default 1 */
  readonly seed?: number
}

/**
 * A classifier with what distribution has to cope with: bias, padding on one side only, a stride, a
 * dilation, a skip connection. Input `image` [1, 3, h, w], output `logits` [1, 10].
 */
export function smallNetwork(options: SmallNetworkOptions = {}): ModelProto {
  const { size = [30, 26], channels = 8, blocks = 1, seed = 1 } = options
  const nodes: NodeProto[] = []
  const initializers: TensorProto[] = []
  const conv = (from: string, to: string, [output, input]: [number, number], attributes = {}) => {
    const deviation = Math.sqrt(2 / (input * 9))
    const weights = seededTensor(`${to}.w`, [output, input, 3, 3], seed, { mean: 0, deviation })
    const bias = seededTensor(`${to}.b`, [output], seed, { mean: 0, deviation: 0.1 })
    initializers.push(weights, bias)
    const shape = { kernel_shape: [3, 3], ...attributes }
    nodes.push(makeNode('Conv', [from, weights.name, bias.name], [to], shape))
  }
  const relu = (from: string, to: string) => nodes.push(makeNode('Relu', [from], [to]))
  conv('image', 'stem', [channels, 3], { pads: [1, 1, 1, 1] })
  relu('stem', 'block0')
  for (let i = 0; i < blocks; i++) {
    conv(`block${i}`, `inner${i}`, [channels, channels], {
      ...{ pads: [2, 2, 2, 2], dilations: [2, 2] },
    })
    nodes.push(makeNode('Add', [`inner${i}`, `block${i}`], [`sum${i}`]))
    relu(`sum${i}`, `block${i + 1}`)
  }
  conv(`block${blocks}`, 'last', [16, channels], { pads: [0, 0, 1, 1], strides: [2, 2] })
  relu('last', 'features')
  nodes.push(makeNode('GlobalAveragePool', ['features'], ['pooled']))
  nodes.push(makeNode('Flatten', ['pooled'], ['vector']))
  initializers.push(seededTensor('head.w', [16, 10], seed, { mean: 0, deviation: 1 }))
  nodes.push(makeNode('MatMul', ['vector', 'head.w'], ['logits']))
  return makeModel({
    name: 'small-network',
    nodes,
    inputs: [makeValueInfo('image', 'float32', [1, 3, ...size])],
    outputs: [makeValueInfo('logits', 'float32', [1, 10])],
    initializers,
  })
}

/** The small network with probabilities [1, 10, 1, 1] as its output, as SqueezeNet has them. */
export function smallClassifier(options: SmallNetworkOptions = {}): ModelProto {
  const network = smallNetwork(options)
  const { node, initializer, input } = network.graph!
  const shape = int64Tensor('image-like', [1, 10, 1, 1])
  return makeModel({
    name: 'small-classifier',
    nodes: [
      ...node,
      makeNode('Reshape', ['logits', shape.name], ['scores']),
      makeNode('Softmax', ['scores'], ['probabilities'], { axis: 1 }),
    ],
    inputs: input,
    outputs: [makeValueInfo('probabilities', 'float32', [1, 10, 1, 1])],
    initializers: [...initializer, shape],
  })
}

/** A seeded input for a model that takes one float32 tensor of this name and shape. */
export function seededInput(name: string, dims: readonly number[], seed: number): Floats {
  const { rawData } = seededTensor(name, dims, seed, { mean: 0, deviation: 1 })
  return { name, dims, values: new Float32Array(rawData!.slice().buffer) }
}
