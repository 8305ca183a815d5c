import { ElementType, makeValueInfo, type TensorProto } from '@cocoi/onnx'
import type { GraphDraft } from './draft.ts'
import type { CodedStage } from './encode.ts'
import { codedOutputShape } from './layout.ts'
import { dimensionOf, type LinearConv, pieceAttributes } from './linear-conv.ts'
import { overlap } from './split.ts'
import type { TransportType } from './transport-type.ts'
import { inputInterval } from './window.ts'

/** Name of piece `j` of a convolution's output, as it enters a head graph in wire type. */
export function remoteName(output: string, piece: number): string {
  return `${output}#${piece}`
}

/**
 * Adds to `draft` the nodes that make a convolution's output out of its k decoded pieces: cast,
 * drop what overlaps, join along the axis of the cut, add the remainder that the coordinator
 * computed itself and, last, the bias (coded inputs would have scaled it).
 */
export function addAssembly(
  draft: GraphDraft,
  stage: CodedStage,
  options: { conv: LinearConv; bias: TensorProto | undefined; transport: TransportType },
): void {
  const { conv, bias, transport } = options
  const { axis } = stage.layout
  const pieces = stage.split.starts.map((_, j) => addPiece(draft, stage, { conv, transport, j }))
  if (stage.split.rest.begin < stage.split.rest.end) pieces.push(addRest(draft, stage, conv))
  const joined = bias ? `${conv.output}#joined` : conv.output
  draft.add('Concat', pieces, joined, { axis: dimensionOf[axis] })
  if (bias) draft.add('Add', [joined, draft.constant(perChannel(bias, conv))], conv.output)
}

/** The bias [M] as a constant [1, M, 1, 1], so that Add broadcasts it over the channels. */
function perChannel(bias: TensorProto, conv: LinearConv): TensorProto {
  return { ...bias, name: `${conv.output}#bias`, dims: [1n, ...bias.dims, 1n, 1n] }
}

function addPiece(
  draft: GraphDraft,
  stage: CodedStage,
  options: { conv: LinearConv; transport: TransportType; j: number },
): string {
  const { axis } = stage.layout
  const remote = remoteName(options.conv.output, options.j)
  const skip = overlap(stage.split, options.j)
  const fresh = { axis, begin: skip, end: stage.split.length }
  const source = skip === 0 ? remote : draft.slice(remote, `${remote}/fresh`, fresh)
  if (options.transport === 'float32') return source
  return draft.add('Cast', [source], `${remote}/float`, { to: ElementType.float32 })
}

/** The rows that k does not divide, computed like any piece but here. */
function addRest(draft: GraphDraft, stage: CodedStage, conv: LinearConv): string {
  const { axis } = stage.layout
  const name = `${conv.output}#rest`
  const { rest } = stage.split
  const { begin, end } = inputInterval(rest, conv.windows[axis])
  const rows = draft.window(conv.input, `${name}/in`, {
    axis,
    begin,
    end,
    extent: conv.inputShape[dimensionOf[axis]]!,
  })
  const shape = codedOutputShape(conv, axis, rest.end - rest.begin)
  draft.valueInfo.push(makeValueInfo(name, 'float32', shape))
  return draft.add('Conv', [rows, conv.weight], name, pieceAttributes(conv, axis))
}
