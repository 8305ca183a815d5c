import { floatTensor } from '@cocoi/onnx'
import type { GraphDraft } from './draft.ts'
import { codedInputShape, pieceInterval, type StageInput, type StageLayout } from './layout.ts'
import { dimensionOf } from './linear-conv.ts'
import type { Split } from './split.ts'
import { castTo, type TransportType } from './transport-type.ts'

/** A stage with the cut and the code that were chosen for it. */
export interface CodedStage {
  readonly layout: StageLayout
  readonly split: Split
  /** Rows of the generator matrix that are not unit rows, each of length k. */
  readonly denseRows: readonly (readonly number[])[]
}

/** Where the coded inputs of one stage input are found after the head graph has run. */
export interface EncodedInput {
  /** Tensor [k·N, C, h, W] in wire type: piece j is block j of the first axis. */
  readonly pieces: string
  /** Tensor [dense rows, N·C·h·W] in wire type; absent when the code has unit rows only. */
  readonly parity: string | undefined
  /** Shape [N, C, h, W] of one coded input. */
  readonly shape: readonly number[]
}

/**
 * Adds to `draft` the nodes that turn each input of a stage into its coded inputs
 * `x̃_i = Σ_j G[i,j] · x_j` (CoCoI, encoding): pad, cut into k pieces, stack, multiply the dense
 * rows, cast. Unit rows need no arithmetic: they are the pieces.
 *
 * @returns the encoded tensors and, for float16, the name of the scalar with the largest value
 */
export function addEncoding(
  draft: GraphDraft,
  stage: CodedStage,
  transport: TransportType,
): { inputs: EncodedInput[]; peak: string | undefined } {
  const prefix = `stage${stage.layout.id}`
  const stacks = stage.layout.inputs.map((input, i) => {
    const name = `${prefix}/in${i}`
    const stacked = addPieces(draft, { input, stage, name })
    const dense = addParity(draft, { input, stage, name, stacked })
    return { input, name, stacked, dense }
  })
  const inputs = stacks.map(({ input, name, stacked, dense }) => ({
    pieces: wire(draft, { from: stacked, name: `${name}/pieces`, transport }),
    parity: dense && wire(draft, { from: dense, name: `${name}/parity`, transport }),
    shape: codedInputShape(input, stage.layout.axis, stage.split.length),
  }))
  if (transport === 'float32') return { inputs, peak: undefined }
  const peaks = stacks.flatMap(({ stacked, dense }) => (dense ? [stacked, dense] : [stacked]))
  const scalars = peaks.map(name => draft.peak(name, `${name}/peak`))
  return { inputs, peak: draft.add('Max', scalars, `${prefix}/peak`) }
}

function wire(
  draft: GraphDraft,
  options: { from: string; name: string; transport: TransportType },
): string {
  if (options.transport === 'float32') return options.from
  return draft.add('Cast', [options.from], options.name, castTo(options.transport))
}

interface PieceOptions {
  readonly input: StageInput
  readonly stage: CodedStage
  readonly name: string
}

/** Pad ∘ Slice ∘ Concat: the k pieces with their halos, stacked along the batch axis. */
function addPieces(draft: GraphDraft, { input, stage, name }: PieceOptions): string {
  const { axis } = stage.layout
  const extent = input.shape[dimensionOf[axis]]!
  const needed = stage.split.starts.map(start =>
    pieceInterval(input, axis, { begin: start, end: start + stage.split.length }),
  )
  const before = Math.max(0, -needed[0]!.begin)
  const after = Math.max(0, needed.at(-1)!.end - extent)
  const source =
    before + after === 0
      ? input.tensor
      : draft.pad(input.tensor, `${name}/padded`, { axis, begin: before, end: after })
  const pieces = needed.map(({ begin, end }, j) =>
    draft.slice(source, `${name}/piece${j}`, { axis, begin: begin + before, end: end + before }),
  )
  return draft.add('Concat', pieces, `${name}/stacked`, { axis: 0 })
}

/** MatMul of the dense generator rows [r, k] with the pieces as [k, N·C·h·W]. */
function addParity(
  draft: GraphDraft,
  { stage, name, stacked }: PieceOptions & { stacked: string },
): string | undefined {
  const rows = stage.denseRows
  if (rows.length === 0) return undefined
  const k = stage.split.starts.length
  const flat = draft.add('Reshape', [stacked, draft.integers([k, -1])], `${name}/flat`)
  const matrix = floatTensor(`${name}/G`, [rows.length, k], Float32Array.from(rows.flat()))
  return draft.add('MatMul', [draft.constant(matrix), flat], `${name}/dense`)
}
