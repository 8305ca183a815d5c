import { type GraphProto, nodeInputs, topologicalOrder } from '@cocoi/onnx'
import { type Axis, dimensionOf, type LinearConv } from './linear-conv.ts'
import { type Interval, inputInterval, type Window } from './window.ts'

/** One tensor that a stage encodes, and the convolutions of the stage that read it. */
export interface StageInput {
  readonly tensor: string
  /** [N, C, H, W] of the whole tensor. */
  readonly shape: readonly number[]
  readonly convs: readonly LinearConv[]
}

/**
 * Convolutions that are computed together: none depends on another, and all have the same output
 * extent along the axis of the cut, so one generator matrix serves them all.
 */
export interface StageLayout {
  readonly id: number
  readonly axis: Axis
  /** Output rows (or columns) of every convolution of the stage. */
  readonly extent: number
  readonly convs: readonly LinearConv[]
  readonly inputs: readonly StageInput[]
  readonly flops: number
}

/**
 * Groups convolutions into stages, in the order in which they can run.
 *
 * Convolutions at the same depth (number of distributed convolutions before them on the longest
 * path) cannot depend on each other: the branches of an inception module or a ResNet block's first
 * convolution and its shortcut become one stage.
 */
export function layoutStages(
  graph: GraphProto,
  convs: readonly LinearConv[],
  axis: Axis,
): StageLayout[] {
  const depths = depthsOf(graph, new Set(convs.map(conv => conv.output)))
  const groups = new Map<string, { depth: number; convs: LinearConv[] }>()
  for (const conv of convs) {
    const depth = depths.get(conv.output)!
    const key = `${depth}/${extentOf(conv, axis)}`
    const group = groups.get(key) ?? { depth, convs: [] }
    group.convs.push(conv)
    groups.set(key, group)
  }
  return [...groups.values()]
    .sort((a, b) => a.depth - b.depth)
    .map((group, id) => layoutOf(id, axis, group.convs))
}

/** The layout of one stage made of these convolutions. */
export function layoutOf(id: number, axis: Axis, convs: readonly LinearConv[]): StageLayout {
  const flops = convs.reduce((sum, conv) => sum + conv.flops, 0)
  return {
    id,
    axis,
    extent: extentOf(convs[0]!, axis),
    convs,
    inputs: inputsOf(convs, axis),
    flops,
  }
}

function extentOf(conv: LinearConv, axis: Axis): number {
  return conv.outputShape[dimensionOf[axis]]!
}

/** Convolutions of one tensor share a coded input only if their windows move at the same pace. */
function inputsOf(convs: readonly LinearConv[], axis: Axis): StageInput[] {
  const inputs = new Map<
    string,
    { tensor: string; shape: readonly number[]; convs: LinearConv[] }
  >()
  for (const conv of convs) {
    const key = `${conv.windows[axis].stride}/${conv.input}`
    const input = inputs.get(key) ?? { tensor: conv.input, shape: conv.inputShape, convs: [] }
    input.convs.push(conv)
    inputs.set(key, input)
  }
  return [...inputs.values()]
}

/** Longest path to each tensor, counted in distributed convolutions; through subgraphs as well. */
function depthsOf(graph: GraphProto, distributed: ReadonlySet<string>): Map<string, number> {
  const depths = new Map<string, number>()
  for (const node of topologicalOrder(graph)) {
    const before = Math.max(0, ...nodeInputs(node).map(name => depths.get(name) ?? 0))
    const own = node.output.some(name => distributed.has(name)) ? 1 : 0
    for (const name of node.output) depths.set(name, before + own)
  }
  return depths
}

/** Input positions that a piece of the output needs: the hull over all convolutions of the input. */
export function pieceInterval(input: StageInput, axis: Axis, output: Interval): Interval {
  const intervals = input.convs.map(conv => inputInterval(output, conv.windows[axis]))
  return {
    begin: Math.min(...intervals.map(interval => interval.begin)),
    end: Math.max(...intervals.map(interval => interval.end)),
  }
}

/** Where a convolution's own window begins and ends inside a piece of `length` output rows. */
export function cropInterval(
  input: StageInput,
  axis: Axis,
  options: { conv: LinearConv; length: number },
): Interval {
  const output = { begin: 0, end: options.length }
  const hull = pieceInterval(input, axis, output)
  const window: Window = options.conv.windows[axis]
  const own = inputInterval(output, window)
  return { begin: own.begin - hull.begin, end: own.end - hull.begin }
}

/** Shape [N, C, h, w] of one coded input. */
export function codedInputShape(input: StageInput, axis: Axis, length: number): number[] {
  const { begin, end } = pieceInterval(input, axis, { begin: 0, end: length })
  return input.shape.with(dimensionOf[axis], end - begin) as number[]
}

/** Shape [N, M, h, w] of one coded output. */
export function codedOutputShape(conv: LinearConv, axis: Axis, length: number): number[] {
  return conv.outputShape.with(dimensionOf[axis], length) as number[]
}
