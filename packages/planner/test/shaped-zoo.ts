import { intsAttribute, type ModelProto, makeValueInfo, type NodeProto } from '@cocoi/onnx'
import { streamModel, type ZooName } from '@cocoi/zoo'

/**
 * A model of the zoo with the shapes of all its tensors, as preparing it would give, but without
 * its weights: planning looks at shapes only.
 */
export function shapedZoo(name: ZooName): ModelProto {
  const { model } = streamModel(name, 1)
  const graph = model.graph!
  const shapes = new Map(graph.initializer.map(({ name, dims }) => [name, dims.map(Number)]))
  shapes.set('input', [1, 3, 224, 224])
  for (const node of graph.node) {
    const shape = shapeOf(node, shapes)
    shapes.set(node.output[0]!, shape)
    graph.valueInfo.push(makeValueInfo(node.output[0]!, 'float32', shape))
  }
  return model
}

function shapeOf(node: NodeProto, shapes: ReadonlyMap<string, number[]>): number[] {
  const [batch, channels, ...extents] = shapes.get(node.input[0]!) as [number, number, ...number[]]
  switch (node.opType) {
    case 'Conv':
      return [batch, shapes.get(node.input[1]!)![0]!, ...windowed(node, extents)]
    case 'MaxPool':
      return [batch, channels, ...windowed(node, extents)]
    case 'GlobalAveragePool':
      return [batch, channels, 1, 1]
    case 'Flatten':
      return [batch, extents.reduce((product, size) => product * size, channels)]
    case 'Gemm':
      return [batch, shapes.get(node.input[1]!)![0]!]
    default:
      return [batch, channels, ...extents]
  }
}

function windowed(node: NodeProto, extents: readonly number[]): number[] {
  const kernel = intsAttribute(node, 'kernel_shape')!
  const strides = intsAttribute(node, 'strides') ?? [1, 1]
  const pads = intsAttribute(node, 'pads') ?? [0, 0, 0, 0]
  return extents.map((size, i) => {
    const room = size + pads[i]! + pads[i + 2]! - kernel[i]!
    return Math.floor(room / strides[i]!) + 1
  })
}
