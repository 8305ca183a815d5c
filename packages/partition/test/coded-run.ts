import { createCode, Decoder, type Scheme } from '@cocoi/coding'
import { freezeInputs, type ModelProto, tensorShapes } from '@cocoi/onnx'
import {
  type Axis,
  type CodedStage,
  compile,
  findLinearConvs,
  layoutStages,
  type Program,
  splitExtent,
  type TransportType,
} from '@cocoi/partition'
import { randomFloats, seeded } from './random-dag.ts'
import { floatTensorOf, type Run, runModel, runProgram, type Survivors } from './run-program.ts'

export interface CodedRunOptions {
  readonly scheme: (k: number) => Scheme
  /** Pieces asked for; stages with fewer output rows get fewer. */
  readonly k: number
  readonly axis: Axis
  readonly transport: TransportType
  readonly seed: number
  /** Magnitude of the model's input. */
  readonly scale?: number
}

/** What came out of a coded run, and how far that is from the uncut model. */
export interface Comparison {
  readonly stages: readonly CodedStage[]
  readonly program: Program
  readonly run: Run
  /** Largest difference over largest magnitude, the worst of all outputs. */
  readonly error: number
}

/** Distributes every convolution of a model, loses random rows, and compares with the uncut model. */
export async function compareWithUncut(
  model: ModelProto,
  options: CodedRunOptions,
): Promise<Comparison> {
  const { axis, transport, seed } = options
  const random = seeded(seed + 1000)
  const dims = tensorShapes(model).get('x')!
  const count = dims.reduce((product, size) => product * size, 1)
  const feeds = { x: floatTensorOf(dims, randomFloats(random, count, options.scale)) }
  const want = await runModel(freezeInputs(model), feeds)
  const { convs } = findLinearConvs(model)
  const coded = layoutStages(model.graph!, convs, axis).map(layout => {
    const split = splitExtent(layout.extent, options.k)
    const code = createCode(options.scheme(split.starts.length))
    const rows = Array.from({ length: code.n }, (_, i) => i)
    const dense = rows.filter(row => code.unitPiece(row) === undefined)
    const denseRows = dense.map(row => [...code.row(row)])
    return { stage: { layout, split, denseRows }, survivors: survivorsOf(code, random) }
  })
  const stages = coded.map(({ stage }) => stage)
  const program = compile(model, stages, transport)
  const survivors = coded.map(stage => stage.survivors)
  const run = await runProgram(model, program, { feeds, survivors, transport })
  return { stages, program, run, error: largestError(want, run.live) }
}

/** Results arrive in random order until the pieces can be recovered, with recovery rows if needed. */
function survivorsOf(code: Survivors['code'], random: () => number): Survivors {
  const order = Array.from({ length: code.n }, (_, i) => ({ row: i, at: random() }))
  order.sort((a, b) => a.at - b.at)
  const recovery = Array.from({ length: code.k }, (_, piece) => code.n + piece)
  const arriving = [...order.map(({ row }) => row), ...recovery]
  const decoder = new Decoder(code, { maxAmplification: 30 })
  const enough = arriving.findIndex((_, i) => decoder.decode(arriving.slice(0, i + 1)))
  return { code, rows: arriving.slice(0, enough + 1) }
}

type Values = Readonly<Record<string, { readonly data: unknown; readonly dims: readonly number[] }>>

function largestError(want: Values, got: Values): number {
  const errors = Object.entries(want).map(([name, tensor]) => {
    const other = got[name]!
    if (tensor.dims.join() !== other.dims.join()) throw new Error(`"${name}" has another shape`)
    const [a, b] = [tensor.data as Float32Array, other.data as Float32Array]
    const top = a.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-30)
    return a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0) / top
  })
  return Math.max(...errors)
}
