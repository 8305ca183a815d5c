import {
  type ModelProto,
  multiplyAdds,
  type NodeProto,
  parseModel,
  tensorShapes,
} from '@cocoi/onnx'

type Shapes = ReadonlyMap<string, readonly number[]>

/** A node that computes, and under which names its result is found: casts change no shape. */
interface Product {
  readonly node: NodeProto
  readonly results: readonly string[]
}

/** How much a model multiplies and adds, as far as the shapes tell that it states or has in a run. */
export class Arithmetic {
  readonly #products: readonly Product[]
  readonly #stated: Shapes

  constructor(model: Uint8Array) {
    const parsed = parseModel(model)
    this.#stated = tensorShapes(parsed)
    this.#products = productsOf(parsed)
  }

  /**
   * Operations of convolutions and matrix products in one run, two for each multiply-add.
   *
   * @param shapes of what the run was fed with and has returned
   */
  flops(shapes: Shapes): number {
    const all = new Map([...this.#stated, ...shapes])
    return this.#products.reduce((sum, { node, results }) => {
      const shape = results.map(name => all.get(name)).find(known => known !== undefined) ?? [0]
      const elements = shape.reduce((product, size) => product * size, 1)
      return sum + 2 * elements * multiplyAdds(node, all)
    }, 0)
  }
}

function productsOf({ graph }: ModelProto): Product[] {
  const nodes = graph?.node ?? []
  const casts = nodes.filter(({ opType }) => opType === 'Cast')
  return nodes
    .filter(({ opType }) => /Conv|Gemm|MatMul/.test(opType))
    .map(node => {
      const [output = ''] = node.output
      const cast = casts.filter(({ input }) => input[0] === output).flatMap(one => one.output)
      return { node, results: [output, ...cast] }
    })
}
