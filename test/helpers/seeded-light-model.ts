import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import {
  ElementType,
  type ModelProto,
  makeModel,
  type NodeProto,
  parseModel,
  type TensorProto,
  tensorBytes,
} from '@cocoi/onnx'
import { type Distribution, seededTensor } from '@cocoi/zoo'

/** Architectures of the ONNX project that lie beside the repository without their weights. */
export const lightModelNames = [
  'bvlc_alexnet',
  'inception_v1',
  'resnet50',
  'squeezenet',
  'vgg19',
] as const

/** Name of such an architecture. */
export type LightModelName = (typeof lightModelNames)[number]

/** From `dist/test/helpers/`. */
const models = new URL('../../../../shared/models/', import.meta.url)

/** Path of the file without weights. */
export function lightModelPath(name: LightModelName): string {
  return fileURLToPath(new URL(`light-${name}.onnx`, models))
}

/** Why tests that need the light models must be skipped, or undefined if they are there. */
export function lightModelsMissing(): string | undefined {
  const missing = lightModelNames.map(lightModelPath).find(path => !existsSync(path))
  return missing && `there is no ${missing}; put the light ONNX models there to run this test`
}

/**
 * A light model whose weights, most of which its nodes make by filling a shape with one number, are
 * seeded random values instead, of a scale that keeps activations of order 1. Its only input is the
 * image; VGG19 and AlexNet hold 575 and 244 MB.
 */
export function seededLightModel(name: LightModelName, seed: number): ModelProto {
  const model = parseModel(readFileSync(lightModelPath(name)))
  const { node, initializer, input, output } = model.graph!
  const drawn = drawWeights(node, initializer, seed)
  const nodes = node.filter(({ output }) => !drawn.has(output[0]!))
  const read = new Set(nodes.flatMap(({ input }) => input))
  const constants = initializer.filter(({ name }) => read.has(name) && !drawn.has(name))
  const given = new Set(initializer.map(({ name }) => name))
  return makeModel({
    name,
    nodes,
    opset: Number(model.opsetImport[0]!.version),
    // Files of version 3 list their weights among the inputs; from version 4 on they need not.
    irVersion: 4,
    inputs: input.filter(({ name }) => !given.has(name)),
    outputs: output,
    initializers: [...constants, ...drawn.values()],
  })
}

/** New values for every weight, by its name. */
function drawWeights(
  nodes: readonly NodeProto[],
  initializers: readonly TensorProto[],
  seed: number,
): Map<string, TensorProto> {
  const shapes = weightShapes(nodes, initializers)
  const drawn = new Map<string, TensorProto>()
  for (const node of nodes) {
    node.input.forEach((weight, index) => {
      const dims = shapes.get(weight)
      const distribution = dims && distributionOf(node, index, dims, nodes)
      if (distribution) drawn.set(weight, seededTensor(weight, dims, seed, distribution))
    })
  }
  return drawn
}

/** Shape of every float tensor that does not depend on the input, by its name. */
function weightShapes(
  nodes: readonly NodeProto[],
  initializers: readonly TensorProto[],
): Map<string, number[]> {
  const constants = new Map(initializers.map(tensor => [tensor.name, tensor]))
  const shapes = new Map<string, number[]>()
  for (const { name, dataType, dims } of initializers) {
    if (dataType === ElementType.float32) shapes.set(name, dims.map(Number))
  }
  for (const { input, output } of nodes.filter(({ opType }) => opType === 'ConstantOfShape')) {
    const bytes = tensorBytes(constants.get(input[0]!)!).slice()
    shapes.set(output[0]!, Array.from(new BigInt64Array(bytes.buffer), Number))
  }
  return shapes
}

/** How the weight at this input of a node is distributed, or undefined if it is none. */
function distributionOf(
  node: NodeProto,
  index: number,
  dims: readonly number[],
  nodes: readonly NodeProto[],
): Distribution | undefined {
  switch (`${node.opType} ${index}`) {
    case 'Conv 1':
      return he(dims.slice(1))
    case 'Gemm 1': // transB is 1 in all of them
    case 'Reshape 0': // the weights of a Gemm, with leading ones
      return he(dims.slice(-1))
    case 'BatchNormalization 1': {
      // Small branches, so that the sum over the residual blocks stays of order 1.
      const ends = nodes.some(sum => sum.opType === 'Sum' && sum.input.includes(node.output[0]!))
      return { mean: ends ? 0.5 : 1, deviation: 0.05 }
    }
    case 'BatchNormalization 4':
      return { mean: 1, deviation: 0.1 }
    case 'Conv 2':
    case 'Gemm 2':
    case 'BatchNormalization 2':
    case 'BatchNormalization 3':
      return { mean: 0, deviation: 0.1 }
    default:
      return undefined
  }
}

/** He et al., arXiv 1502.01852, eq. 10: variance 2 / fan-in. */
function he(fanIn: readonly number[]): Distribution {
  return { mean: 0, deviation: Math.sqrt(2 / fanIn.reduce((product, size) => product * size, 1)) }
}
