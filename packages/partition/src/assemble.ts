import { ElementType, makeValueInfo, type TensorProto } from '@cocoi/onnx'
import type { GraphDraft } from './draft.ts'
import type { CodedStage } from './encode.ts'
import { codedOutputShape } from './layout.ts'
import { dimensionOf, type LinearConv, pieceAttributes } from './linear-conv.ts'
import { overlap } from './split.ts'
import type { TransportType } from './transport-type.ts'
import { type Interval, inputInterval } from './window.ts'

/** Name of the decoded pieces of a convolution's output, as they enter a head graph in wire type. */
export function remoteName(output: string): string {
  return `${output}#pieces`
}

/**
 * Adds to `draft` the nodes that make a convolution's output out of its k decoded pieces: join them
 * along the axis of the cut, drop what overlaps, cast, add the remainder that the coordinator computed
 * itself and, last, the bias (coded inputs would have scaled it).
 */
export function addAssembly(
  draft: GraphDraft,
  stage: CodedStage,
  options: { conv: LinearConv; bias: TensorProto | undefined; transport: TransportType },
): void {
  const { conv, bias, transport } = options
  const parts = addFresh(draft, stage, conv).map(part => addFloats(draft, part, transport))
  if (stage.split.rest.begin < stage.split.rest.end) parts.push(addRest(draft, stage, conv))
  const axis = dimensionOf[stage.layout.axis]
  const whole =
    parts.length === 1 ? parts[0]! : draft.add('Concat', parts, `${conv.output}#whole`, { axis })
  if (bias) draft.add('Add', [whole, draft.constant(perChannel(bias, conv))], conv.output)
  else draft.add('Identity', [whole], conv.output)
}

/** The bias [M] as a constant [1, M, 1, 1], so that Add broadcasts it over the channels. */
function perChannel(bias: TensorProto, conv: LinearConv): TensorProto {
  return { ...bias, name: `${conv.output}#bias`, dims: [1n, ...bias.dims, 1n, 1n] }
}

/** The pieces side by side, in two parts where the last one begins with what the one before it has. */
function addFresh(draft: GraphDraft, stage: CodedStage, conv: LinearConv): string[] {
  const joined = addJoined(draft, stage, conv)
  const { split, layout } = stage
  const last = split.starts.length - 1
  const twice = overlap(split, last)
  if (twice === 0) return [joined]
  const [begin, end] = [last * split.length, (last + 1) * split.length]
  const slice = (name: string, interval: Interval) =>
    draft.slice(joined, `${joined}/${name}`, { axis: layout.axis, ...interval })
  return [slice('first', { begin: 0, end: begin }), slice('last', { begin: begin + twice, end })]
}

/** Pieces [k·N, M, h, w], one below the other, as one tensor along the axis of the cut. */
function addJoined(draft: GraphDraft, { layout, split }: CodedStage, conv: LinearConv): string {
  const remote = remoteName(conv.output)
  const k = split.starts.length
  if (k === 1) return remote
  const piece = codedOutputShape(conv, layout.axis, split.length)
  const cut = dimensionOf[layout.axis]
  const shape = [draft.integers([k, ...piece]), draft.integers(piece.with(cut, k * split.length))]
  const apart = draft.add('Reshape', [remote, shape[0]!], `${remote}/apart`)
  const perm = [1, 2, 3, 4].toSpliced(cut, 0, 0)
  const turned = draft.add('Transpose', [apart], `${remote}/turned`, { perm })
  return draft.add('Reshape', [turned, shape[1]!], `${remote}/joined`)
}

function addFloats(draft: GraphDraft, part: string, transport: TransportType): string {
  if (transport === 'float32') return part
  return draft.add('Cast', [part], `${part}/float`, { to: ElementType.float32 })
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
