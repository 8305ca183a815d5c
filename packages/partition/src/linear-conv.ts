import {
  ElementType,
  intAttribute,
  intsAttribute,
  type ModelProto,
  type NodeProto,
  stringAttribute,
  tensorShapes,
  tensorTypes,
} from '@cocoi/onnx'
import { outputExtent, samePads, type Window } from './window.ts'

/** The two spatial axes of an NCHW tensor that a convolution can be cut along. */
export type Axis = 'rows' | 'columns'

/** Dimension index of an axis in NCHW. */
export const dimensionOf: Readonly<Record<Axis, number>> = { rows: 2, columns: 3 }

/**
 * A 2-D ONNX Conv with constant weights and static shapes: without its bias it is a linear map of
 * its input, which is what makes coded inputs possible (CoCoI §III; bias is added after decoding).
 */
export interface LinearConv {
  readonly node: NodeProto
  readonly input: string
  readonly output: string
  readonly weight: string
  readonly bias: string | undefined
  readonly windows: Readonly<Record<Axis, Window>>
  /** [N, C, H, W] */
  readonly inputShape: readonly number[]
  /** [N, M, H', W'] */
  readonly outputShape: readonly number[]
  /** Multiply-adds counted as two operations. */
  readonly flops: number
}

/** A layer of linear operations that has to stay local, and the reason in words. */
export interface LocalConv {
  readonly output: string
  readonly opType: string
  readonly reason: string
}

/**
 * Sorts the convolutions and matrix products of a model into those that can be distributed and
 * those that cannot.
 */
export function findLinearConvs(model: ModelProto): { convs: LinearConv[]; local: LocalConv[] } {
  const [shapes, types] = [tensorShapes(model), tensorTypes(model)]
  const graph = model.graph!
  const constants = new Set(graph.initializer.map(tensor => tensor.name))
  const convs: LinearConv[] = []
  const local: LocalConv[] = []
  for (const node of graph.node.filter(({ opType }) => /Conv|Gemm|MatMul/.test(opType))) {
    const found = describe(node, { shapes, types, constants })
    if (typeof found === 'string') {
      local.push({ output: node.output[0]!, opType: node.opType, reason: found })
    } else convs.push(found)
  }
  return { convs, local }
}

interface Facts {
  readonly shapes: ReadonlyMap<string, number[]>
  readonly types: ReadonlyMap<string, number>
  readonly constants: ReadonlySet<string>
}

function describe(node: NodeProto, { shapes, types, constants }: Facts): LinearConv | string {
  const standard = node.domain === '' || node.domain === 'ai.onnx'
  if (node.opType !== 'Conv' || !standard) return `${node.opType} is not split`
  const [input, weight, bias] = node.input as [string, string, string?]
  const output = node.output[0]!
  const [inputShape, outputShape] = [shapes.get(input), shapes.get(output)]
  const weightShape = shapes.get(weight)
  if (types.get(weight) !== ElementType.float32) return 'only float32 convolutions are split'
  if (!constants.has(weight) || !weightShape) return 'its weights are computed at run time'
  if (bias && !constants.has(bias)) return 'its bias is computed at run time'
  if (!inputShape || !outputShape) return 'its shape depends on the data'
  if (inputShape.length !== 4)
    return `only 2-D convolutions are split, this is ${inputShape.length - 2}-D`
  const windows = windowsOf(node, inputShape, weightShape)
  for (const axis of ['rows', 'columns'] as const) {
    const dimension = dimensionOf[axis]
    const computed = outputExtent(inputShape[dimension]!, windows[axis])
    if (computed !== outputShape[dimension]) {
      return `its ${axis} should be ${computed} but the model says ${outputShape[dimension]}`
    }
  }
  const perOutput = weightShape.slice(1).reduce((product, size) => product * size, 2)
  const flops = outputShape.reduce((product, size) => product * size, perOutput)
  return {
    node,
    input,
    output,
    weight,
    bias: bias || undefined,
    windows,
    inputShape,
    outputShape,
    flops,
  }
}

function windowsOf(
  node: NodeProto,
  inputShape: readonly number[],
  weightShape: readonly number[],
): Record<Axis, Window> {
  const kernel = intsAttribute(node, 'kernel_shape') ?? weightShape.slice(2)
  const strides = intsAttribute(node, 'strides') ?? [1, 1]
  const dilations = intsAttribute(node, 'dilations') ?? [1, 1]
  const pads = intsAttribute(node, 'pads') ?? [0, 0, 0, 0]
  const autoPad = stringAttribute(node, 'auto_pad', 'NOTSET')
  const axis = (index: number): Window => {
    const core = { kernel: kernel[index]!, stride: strides[index]!, dilation: dilations[index]! }
    if (autoPad === 'VALID') return { ...core, padBegin: 0, padEnd: 0 }
    if (autoPad === 'NOTSET') return { ...core, padBegin: pads[index]!, padEnd: pads[index + 2]! }
    const extraAt = autoPad === 'SAME_UPPER' ? 'end' : 'begin'
    return { ...core, ...samePads(inputShape[index + 2]!, core, extraAt) }
  }
  return { rows: axis(0), columns: axis(1) }
}

/** Attributes of the same Conv with explicit pads, `axis` unpadded: what a piece is computed with. */
export function pieceAttributes(conv: LinearConv, axis: Axis): Record<string, number | number[]> {
  const { rows, columns } = conv.windows
  const pad = (of: Axis, side: 'padBegin' | 'padEnd') => (of === axis ? 0 : conv.windows[of][side])
  return {
    kernel_shape: [rows.kernel, columns.kernel],
    strides: [rows.stride, columns.stride],
    dilations: [rows.dilation, columns.dilation],
    group: intAttribute(conv.node, 'group', 1),
    pads: [
      pad('rows', 'padBegin'),
      pad('columns', 'padBegin'),
      pad('rows', 'padEnd'),
      pad('columns', 'padEnd'),
    ],
  }
}
