import {
  floatTensor,
  type ModelProto,
  makeModel,
  makeNode,
  makeValueInfo,
  type NodeProto,
  type TensorProto,
} from '@cocoi/onnx'
import { outputExtent } from '@cocoi/partition'

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

export function pick<T>(random: () => number, values: readonly T[]): T {
  return values[Math.floor(random() * values.length)]!
}

export function randomFloats(random: () => number, count: number, scale = 1): Float32Array {
  return Float32Array.from({ length: count }, () => (random() * 2 - 1) * scale)
}

export interface DagOptions {
  readonly opset?: number
  /** As exporters did before IR 4: initializers are listed as graph inputs too. */
  readonly initializersAsInputs?: boolean
  readonly steps?: number
}

interface Tensor {
  readonly name: string
  /** [N, C, H, W] */
  readonly shape: readonly number[]
}

/** A model in the making; every tensor has its shape stated, as after a dry run. */
class Dag {
  readonly nodes: NodeProto[] = []
  readonly weights: TensorProto[] = []
  readonly tensors: Tensor[]
  readonly #random: () => number

  constructor(random: () => number) {
    this.#random = random
    const shape = [pick(random, [1, 1, 2]), pick(random, [2, 4]), this.#extent(), this.#extent()]
    this.tensors = [{ name: 'x', shape }]
  }

  grow(): void {
    const random = this.#random
    const from = pick(random, this.tensors)
    const step = pick(random, ['conv', 'conv', 'conv', 'relu', 'pool', 'add', 'concat'])
    if (step === 'conv') this.#conv(from)
    else if (step === 'relu') this.#add('Relu', [from], from.shape)
    else if (step === 'pool') {
      const window = { kernel_shape: [3, 3], pads: [1, 1, 1, 1] }
      this.#add('MaxPool', [from], from.shape, window)
    } else this.#join(step, from)
  }

  #extent(): number {
    return 3 + Math.floor(this.#random() * 16)
  }

  #join(step: string, from: Tensor): void {
    const [n, c, ...plane] = from.shape
    const same = (other: Tensor) => other.shape.slice(2).join() === plane.join()
    const others = this.tensors.filter(
      other => same(other) && (step === 'concat' || other.shape[1] === c),
    )
    const other = pick(this.#random, others)
    const shape = step === 'concat' ? [n!, c! + other.shape[1]!, ...plane] : from.shape
    if (step === 'add') this.#add('Add', [from, other], shape)
    else if (shape[1]! <= 8) this.#add('Concat', [from, other], shape, { axis: 1 })
  }

  /** Any window that leaves output rows and columns, stride beyond the kernel and wide pads included. */
  #conv(from: Tensor): void {
    const random = this.#random
    const [n, c, h, w] = from.shape as [number, number, number, number]
    const group = pick(random, [1, 1, c % 2 === 0 ? 2 : 1, c])
    const channels = group * pick(random, group === 1 ? [1, 2, 4] : [1, 2])
    const [rows, columns] = [this.#window(), this.#window()]
    const auto = pick(random, ['NOTSET', 'NOTSET', 'VALID', 'SAME_UPPER', 'SAME_LOWER'])
    if (auto.startsWith('SAME')) for (const side of [rows, columns]) side.dilation = 1
    const plane = [rows, columns].map((window, i) => extentOf(auto, [h, w][i]!, window))
    if (plane.some(extent => extent < 1) || channels > 8) return
    const name = `w${this.nodes.length}`
    const dims = [channels, c / group, rows.kernel, columns.kernel]
    const fanIn = dims.slice(1).reduce((product, size) => product * size, 1)
    this.weights.push(floatTensor(name, dims, this.#floats(channels * fanIn, 1 / Math.sqrt(fanIn))))
    const inputs = [from.name, name]
    if (random() < 0.7) {
      inputs.push(`b${this.nodes.length}`)
      this.weights.push(floatTensor(inputs[2]!, [channels], this.#floats(channels, 1)))
    }
    const attributes = {
      strides: [rows.stride, columns.stride],
      dilations: [rows.dilation, columns.dilation],
      group,
      ...(auto === 'NOTSET'
        ? { pads: [rows.padBegin, columns.padBegin, rows.padEnd, columns.padEnd] }
        : { auto_pad: auto }),
      ...(random() < 0.7 ? { kernel_shape: [rows.kernel, columns.kernel] } : {}),
    }
    this.#node('Conv', inputs, [n, channels, ...plane], attributes)
  }

  #window() {
    const random = this.#random
    return {
      kernel: pick(random, [1, 1, 2, 3, 3, 5]),
      stride: pick(random, [1, 1, 2, 3]),
      dilation: pick(random, [1, 1, 2]),
      padBegin: pick(random, [0, 1, 1, 2]),
      padEnd: pick(random, [0, 1, 1, 3]),
    }
  }

  #floats(count: number, scale: number): Float32Array {
    return randomFloats(this.#random, count, scale)
  }

  #add(opType: string, from: Tensor[], shape: readonly number[], attributes = {}): void {
    const names = from.map(({ name }) => name)
    this.#node(opType, names, shape, attributes)
  }

  #node(opType: string, inputs: string[], shape: readonly number[], attributes: object): void {
    const name = `t${this.nodes.length}`
    this.nodes.push(makeNode(opType, inputs, [name], attributes as Parameters<typeof makeNode>[3]))
    this.tensors.push({ name, shape })
  }
}

function extentOf(
  auto: string,
  extent: number,
  window: Parameters<typeof outputExtent>[1],
): number {
  if (auto.startsWith('SAME')) return Math.ceil(extent / window.stride)
  return outputExtent(extent, auto === 'VALID' ? { ...window, padBegin: 0, padEnd: 0 } : window)
}

/** A random model whose convolutions stand anywhere in a graph of several branches and outputs. */
export function randomDag(seed: number, options: DagOptions = {}): ModelProto {
  const { opset = 17, initializersAsInputs = false, steps = 10 } = options
  const dag = new Dag(seeded(seed))
  while (dag.nodes.length < steps) dag.grow()
  const read = new Set(dag.nodes.flatMap(node => node.input))
  const [input, ...computed] = dag.tensors.map(({ name, shape }) =>
    makeValueInfo(name, 'float32', [...shape]),
  )
  const outputs = computed.filter(({ name }, i) => !read.has(name) || i % 5 === 2)
  const constants = dag.weights.map(({ name, dims }) =>
    makeValueInfo(name, 'float32', dims.map(Number)),
  )
  return makeModel({
    name: `random${seed}`,
    nodes: dag.nodes,
    inputs: [input!, ...(initializersAsInputs ? constants : [])],
    outputs,
    valueInfo: computed.filter(info => !outputs.includes(info)),
    initializers: dag.weights,
    opset,
    irVersion: initializersAsInputs ? 3 : 8,
  })
}
