import { floatTensor, type ModelProto, makeModel, makeNode, makeValueInfo } from '@cocoi/onnx'

/** Small seeded generator (mulberry32), uniform in [0, 1). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

const pick = <T>(random: () => number, values: readonly T[]): T =>
  values[Math.floor(random() * values.length)]!

export function randomFloats(random: () => number, count: number): Float32Array {
  return Float32Array.from({ length: count }, () => random() * 2 - 1)
}

/** A conv → relu → branching convs → concat graph with random windows, and its intermediate names. */
export function randomGraph(seed: number): { model: ModelProto; names: string[] } {
  const random = seeded(seed)
  const [height, width] = [20 + Math.floor(random() * 9), 20 + Math.floor(random() * 9)]
  const group = pick(random, [1, 1, 2])
  const nodes = [
    conv(random, { input: 'x', output: 'a', group }),
    makeNode('Relu', ['a'], ['b']),
    conv(random, { input: 'b', output: 'c', group: 1, same: true }),
    conv(random, { input: 'b', output: 'd', group: 1, same: true }),
    makeNode('MaxPool', ['b'], ['e'], { kernel_shape: [3, 3], pads: [1, 1, 1, 1] }),
    makeNode('Concat', ['c', 'd', 'e'], ['f'], { axis: 1 }),
    conv(random, { input: 'f', output: 'y', channels: 12, group: 1 }),
  ]
  const weights = nodes.flatMap(node => (node.opType === 'Conv' ? weightsOf(random, node) : []))
  const model = makeModel({
    name: `random${seed}`,
    nodes,
    inputs: [makeValueInfo('x', 'float32', [1, 4, height, width])],
    outputs: [makeValueInfo('y', 'float32', ['n', 'c', 'h', 'w'])],
    initializers: weights,
  })
  return { model, names: ['a', 'b', 'c', 'd', 'e', 'f'] }
}

interface ConvOptions {
  readonly input: string
  readonly output: string
  readonly group: number
  readonly channels?: number
  readonly same?: boolean
}

function conv(random: () => number, options: ConvOptions) {
  const { input, output, group, same, channels = 4 } = options
  const kernel = [pick(random, [1, 2, 3, 5]), pick(random, [1, 2, 3])]
  const dilations = [same ? 1 : pick(random, [1, 1, 2]), 1]
  const inputs = random() < 0.7 ? [input, `${output}.w`, `${output}.b`] : [input, `${output}.w`]
  const auto = same ? pick(random, ['SAME_UPPER', 'SAME_LOWER']) : 'NOTSET'
  const pads = [pick(random, [0, 1, 2]), pick(random, [0, 1]), pick(random, [0, 1]), 1]
  const padding = same ? { auto_pad: auto } : { pads, strides: [pick(random, [1, 2]), 1] }
  const attributes = { kernel_shape: kernel, dilations, group, ...padding }
  const node = makeNode('Conv', inputs, [output], attributes, { name: `conv-${output}` })
  sizes.set(node, [4, channels / group, ...kernel])
  return node
}

const sizes = new WeakMap<object, number[]>()

function weightsOf(random: () => number, node: { input: string[] }) {
  const dims = sizes.get(node)!
  const count = dims.reduce((product, size) => product * size, 1)
  const weight = floatTensor(node.input[1]!, dims, randomFloats(random, count))
  return node.input[2]
    ? [weight, floatTensor(node.input[2], [4], randomFloats(random, 4))]
    : [weight]
}
