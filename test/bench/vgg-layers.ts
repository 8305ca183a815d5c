import {
  type ModelProto,
  makeModel,
  makeNode,
  makeValueInfo,
  type NodeProto,
  type TensorProto,
} from '@cocoi/onnx'
import { seededTensor } from '@cocoi/zoo'

/** Output channels and extent of each convolution of VGG16 (arXiv 1409.1556, configuration D). */
const layers: readonly (readonly [channels: number, extent: number])[] = [
  [64, 224],
  [64, 224],
  [128, 112],
  [128, 112],
  [256, 56],
  [256, 56],
  [256, 56],
  [512, 28],
  [512, 28],
  [512, 28],
  [512, 14],
  [512, 14],
  [512, 14],
]

/** A part of VGG16 and the shape of its input. */
export interface VggPart {
  readonly model: ModelProto
  readonly input: readonly number[]
}

/** These of the thirteen convolutions, each with its ReLU, and the pooling between them. */
export function vggLayers(from = 0, to = layers.length): VggPart {
  const [channels, extent] = layers[from - 1] ?? [3, 224]
  const input = [1, channels, extent, extent]
  const part = new Part(input)
  for (let i = from; i < to; i++) part.add(i, layers[i]!)
  return { model: part.model(), input }
}

class Part {
  readonly #nodes: NodeProto[] = []
  readonly #weights: TensorProto[] = []
  readonly #shapes: [name: string, dims: readonly number[]][]

  constructor(input: readonly number[]) {
    this.#shapes = [['x', input]]
  }

  add(i: number, [channels, extent]: readonly [number, number]): void {
    const [, from, size] = this.#last[1]
    if (extent < size!) {
      const halves = { kernel_shape: [2, 2], strides: [2, 2] }
      this.#node(makeNode('MaxPool', [this.#last[0]], [`p${i}`], halves), [
        1,
        from!,
        extent,
        extent,
      ])
    }
    const deviation = Math.sqrt(2 / (9 * from!))
    const [w, b] = [`w${i}`, `b${i}`]
    this.#weights.push(seededTensor(w, [channels, from!, 3, 3], i, { mean: 0, deviation }))
    this.#weights.push(seededTensor(b, [channels], i, { mean: 0, deviation: 0.1 }))
    const shape = [1, channels, extent, extent]
    const attributes = { kernel_shape: [3, 3], pads: [1, 1, 1, 1] }
    this.#node(makeNode('Conv', [this.#last[0], w, b], [`c${i}`], attributes), shape)
    this.#node(makeNode('Relu', [`c${i}`], [`r${i}`]), shape)
  }

  model(): ModelProto {
    const info = this.#shapes.map(([name, dims]) => makeValueInfo(name, 'float32', [...dims]))
    return makeModel({
      name: 'vgg',
      nodes: this.#nodes,
      inputs: info.slice(0, 1),
      outputs: info.slice(-1),
      valueInfo: info.slice(1, -1),
      initializers: this.#weights,
    })
  }

  get #last() {
    return this.#shapes.at(-1)!
  }

  #node(node: NodeProto, dims: readonly number[]): void {
    this.#nodes.push(node)
    this.#shapes.push([node.output[0]!, dims])
  }
}
