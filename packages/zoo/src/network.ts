import {
  type ModelProto,
  makeModel,
  makeNode,
  makeValueInfo,
  type NodeProto,
  type TensorProto,
} from '@cocoi/onnx'
import type { Distribution } from './seeded-values.ts'

/** A trained tensor of a network, whose values are yet to be drawn. */
export interface Parameter extends Distribution {
  /** As in torchvision's `state_dict`. */
  readonly name: string
  readonly dims: readonly number[]
}

/** A tensor between two layers. */
export interface Signal {
  readonly name: string
  /** Channels of a feature map, features of a vector. */
  readonly channels: number
  /**
   * Expected mean square. Layers choose their weights by the power of their input, so that
   * activations stay of order 1 however deep the network is.
   */
  readonly power: number
}

/** A network under construction: layers append nodes and the parameters they read. */
export class Network {
  readonly nodes: NodeProto[] = []
  readonly parameters: Parameter[] = []
  /** Tensors that are not trained. */
  readonly constants: TensorProto[] = []
  /** An RGB image with mean 0 and variance 1, as ImageNet preprocessing leaves it. */
  readonly input: Signal = { name: 'input', channels: 3, power: 1 }

  /** Appends a node with one output, named after the layer; returns that name. */
  node(name: string, opType: string, inputs: string[], attributes: NodeAttributes = {}): string {
    this.nodes.push(makeNode(opType, inputs, [name], attributes, { name }))
    return name
  }

  /** Appends a parameter; returns its name. */
  parameter(parameter: Parameter): string {
    this.parameters.push(parameter)
    return parameter.name
  }

  /** The model that ends in `logits`, with the parameters in the order in which they were appended. */
  model(name: string, initializers: readonly TensorProto[]): ModelProto {
    return makeModel({
      name,
      nodes: this.nodes,
      inputs: [makeValueInfo(this.input.name, 'float32', [1, this.input.channels, 224, 224])],
      outputs: [makeValueInfo('logits', 'float32', [1, 1000])],
      initializers: [...this.constants, ...initializers],
    })
  }
}

/** Attributes of a node; see {@link makeNode}. */
type NodeAttributes = NonNullable<Parameters<typeof makeNode>[3]>
