import {
  int64Tensor,
  makeNode,
  makeValueInfo,
  type NodeProto,
  scalarFloat,
  type TensorProto,
  type ValueInfoProto,
} from '@cocoi/onnx'
import { type Axis, dimensionOf } from './linear-conv.ts'
import type { Interval } from './window.ts'

type Attributes = NonNullable<Parameters<typeof makeNode>[3]>

/**
 * Nodes and constants of a graph under construction. Knows the opset, because Slice and Pad took
 * attributes before opsets 10 and 11 and take tensors since.
 */
export class GraphDraft {
  readonly nodes: NodeProto[] = []
  readonly initializers: TensorProto[] = []
  /** Types of the tensors that may cross from one segment to another. */
  readonly valueInfo: ValueInfoProto[] = []
  readonly #opset: number
  readonly #constants = new Set<string>()

  constructor(opset: number) {
    this.#opset = opset
  }

  /** Adds a node with one output and returns the output's name. */
  add(opType: string, inputs: string[], output: string, attributes: Attributes = {}): string {
    this.nodes.push(makeNode(opType, inputs, [output], attributes, { name: output }))
    return output
  }

  /** Adds a constant under its own name, once. */
  constant(tensor: TensorProto): string {
    if (!this.#constants.has(tensor.name)) this.initializers.push(tensor)
    this.#constants.add(tensor.name)
    return tensor.name
  }

  /** A 1-D int64 constant, shared by value. */
  integers(values: readonly number[]): string {
    return this.constant(int64Tensor(`cocoi/int64/${values.join(',')}`, [...values]))
  }

  /** `output = input[interval]` along one axis (ONNX Slice-1 or -10). */
  slice(input: string, output: string, cut: { axis: Axis } & Interval): string {
    const dimension = dimensionOf[cut.axis]
    if (this.#opset < 10) {
      const attributes = { axes: [dimension], starts: [cut.begin], ends: [cut.end] }
      return this.add('Slice', [input], output, attributes)
    }
    const [starts, ends] = [this.integers([cut.begin]), this.integers([cut.end])]
    return this.add('Slice', [input, starts, ends, this.integers([dimension])], output)
  }

  /**
   * The positions `begin ≤ p < end` of a tensor with `extent` positions along the axis; what lies
   * outside of the tensor is zero.
   */
  window(input: string, output: string, cut: { axis: Axis; extent: number } & Interval): string {
    const { axis, extent, begin, end } = cut
    const pads = { axis, begin: Math.max(0, -begin), end: Math.max(0, end - extent) }
    if (pads.begin + pads.end === 0) return this.slice(input, output, { axis, begin, end })
    if (begin < extent && end > 0) {
      const inside = { axis, begin: begin + pads.begin, end: end - pads.end }
      return this.pad(this.slice(input, `${output}/inside`, inside), output, pads)
    }
    const padded = this.pad(input, `${output}/padded`, pads)
    return this.slice(padded, output, { axis, begin: begin + pads.begin, end: end + pads.begin })
  }

  /** `output` = input with `begin` and `end` zero rows around it along one axis (ONNX Pad-2 or -11). */
  pad(input: string, output: string, pads: { axis: Axis } & Interval): string {
    const sizes = new Array<number>(8).fill(0)
    sizes[dimensionOf[pads.axis]] = pads.begin
    sizes[dimensionOf[pads.axis] + 4] = pads.end
    if (this.#opset < 11) return this.add('Pad', [input], output, { mode: 'constant', pads: sizes })
    const zero = this.constant(scalarFloat('cocoi/zero', 0))
    return this.add('Pad', [input, this.integers(sizes), zero], output, { mode: 'constant' })
  }

  /** Largest absolute value of a float tensor, as a tensor without dimensions. */
  peak(input: string, output: string): string {
    const top = this.add('ReduceMax', [input], `${output}/max`, { keepdims: 0 })
    const bottom = this.add('ReduceMin', [input], `${output}/min`, { keepdims: 0 })
    this.valueInfo.push(makeValueInfo(output, 'float32', []))
    return this.add('Max', [top, this.add('Neg', [bottom], `${output}/neg`)], output)
  }
}
