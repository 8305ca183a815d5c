import type { EngineTensor } from '@cocoi/engine'
import { floatTensor, makeModel, makeNode, makeValueInfo, serializeModel } from '@cocoi/onnx'

export function tensor(dims: readonly number[], values: Float32Array): EngineTensor {
  return { type: 'float32', dims, data: new Uint8Array(values.slice().buffer) }
}

/** A float32 tensor of these dimensions whose elements are 0, 1, 2 … */
export function counting(...dims: number[]): EngineTensor {
  const length = dims.reduce((product, size) => product * size, 1)
  return tensor(
    dims,
    Float32Array.from({ length }, (_, i) => i),
  )
}

export function floats({ data }: EngineTensor): number[] {
  return [...new Float32Array(data.slice().buffer)]
}

/** `y = x + bias` on vectors of any length. */
export function adder(bias: number): Uint8Array {
  const model = makeModel({
    name: 'adder',
    nodes: [makeNode('Add', ['x', 'bias'], ['y'])],
    inputs: [makeValueInfo('x', 'float32', ['n'])],
    outputs: [makeValueInfo('y', 'float32', ['n'])],
    initializers: [floatTensor('bias', [1], Float32Array.of(bias))],
  })
  return serializeModel(model)
}

/** A chain of 3×3 convolutions of 64 channels: about 0.2 GFLOP each on 56×56. */
export function heavy(layers: number): Uint8Array {
  const names = Array.from({ length: layers + 1 }, (_, i) => `t${i}`)
  const shape = [1, 64, 56, 56]
  const model = makeModel({
    name: 'heavy',
    nodes: names
      .slice(1)
      .map((name, i) => makeNode('Conv', [names[i]!, 'w'], [name], { pads: [1, 1, 1, 1] })),
    inputs: [makeValueInfo('t0', 'float32', shape)],
    outputs: [makeValueInfo(names.at(-1)!, 'float32', shape)],
    initializers: [floatTensor('w', [64, 64, 3, 3], new Float32Array(64 * 64 * 9).fill(0.001))],
  })
  return serializeModel(model)
}

export const heavyInput = () => ({ t0: tensor([1, 64, 56, 56], new Float32Array(64 * 56 * 56)) })
