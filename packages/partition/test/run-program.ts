import { type Code, Decoder, type Decoding } from '@cocoi/coding'
import { type ModelProto, serializeModel } from '@cocoi/onnx'
import {
  decodeGraph,
  decodeTensors,
  type EncodedInput,
  type Program,
  type Segment,
  type Step,
  subtaskGraph,
  type TransportType,
} from '@cocoi/partition'

process.env.ORT_DISABLE_TELEMETRY = '1'
const ort = await import('onnxruntime-node')
type Tensor = InstanceType<typeof ort.Tensor>
export type Tensors = Record<string, Tensor>

/** Runs a model once in plain onnxruntime: the oracle. */
export async function runModel(model: ModelProto, feeds: Tensors): Promise<Tensors> {
  const session = await ort.InferenceSession.create(serializeModel(model), {
    logSeverityLevel: 4,
    intraOpNumThreads: 1,
  })
  const results = await session.run(feeds)
  await session.release()
  return results as Tensors
}

export function floatTensorOf(dims: readonly number[], data: Float32Array): Tensor {
  return new ort.Tensor('float32', data, [...dims])
}

/** The code of a stage and the rows whose results come back. */
export interface Survivors {
  readonly code: Code
  readonly rows: readonly number[]
}

export interface Run {
  readonly live: Tensors
  /** Every peak that was reported, by the graph that reported it. */
  readonly peaks: Record<'encode' | 'subtask' | 'decode', number[]>
}

/** Runs a program as coordinator and devices would, with the results of the given rows only. */
export async function runProgram(
  model: ModelProto,
  program: Program,
  options: { feeds: Tensors; survivors: readonly Survivors[]; transport: TransportType },
): Promise<Run> {
  const run: Run = { live: { ...options.feeds }, peaks: { encode: [], subtask: [], decode: [] } }
  for (const [i, step] of program.steps.entries()) {
    await runSegment(run, step.head)
    note(run.peaks.encode, step.peak === undefined ? undefined : run.live[step.peak])
    await runSegment(run, step.side)
    await runStage(run, step, { model, ...options, ...options.survivors[i]! })
  }
  await runSegment(run, program.tail)
  return run
}

function note(peaks: number[], peak: Tensor | undefined): void {
  if (peak) peaks.push(Number(peak.data[0]))
}

async function runSegment({ live }: Run, segment: Segment | undefined): Promise<void> {
  if (!segment) return
  const feeds = segment.inputs.map(name => {
    if (!live[name]) throw new Error(`"${name}" is read before it exists`)
    return [name, live[name]] as const
  })
  Object.assign(live, await runModel(segment.model, Object.fromEntries(feeds)))
}

type Stage = Survivors & { readonly model: ModelProto; readonly transport: TransportType }

async function runStage(run: Run, step: Step, stage: Stage): Promise<void> {
  if (step.spec.kind !== 'linear') throw new Error('not a linear stage')
  const subtask = subtaskGraph(stage.model, step.spec, stage.transport)
  const results = new Map<number, Tensors>()
  for (const row of stage.rows) {
    const inputs = step.inputs.map(input => codedInput(run.live, input, { ...stage, row }))
    const feeds = Object.fromEntries(subtask.inputs.map(({ name }, i) => [name, inputs[i]!]))
    const result = await runModel(subtask.model, feeds)
    note(run.peaks.subtask, subtask.peak === undefined ? undefined : result[subtask.peak])
    results.set(row, result)
  }
  const decoding = new Decoder(stage.code).decode(stage.rows)!
  for (const { name, pieces } of step.outputs) {
    const tensors = new Map([...results].map(([row, result]) => [row, result[name]!]))
    const solved = await solve(run, { decoding, tensors, transport: stage.transport })
    const ordered = Array.from({ length: stage.code.k }, (_, j) => {
      const row = decoding.direct.get(j)
      return row === undefined ? solved[decoding.missing.indexOf(j)]! : tensors.get(row)!
    })
    run.live[pieces] = stack(ordered)
  }
}

function codedInput(
  live: Tensors,
  input: EncodedInput,
  { code, row }: { code: Code; row: number },
): Tensor {
  const piece = code.unitPiece(row)
  const source = live[piece === undefined ? input.parity! : input.pieces]!
  const count = input.shape.reduce((product, size) => product * size, 1)
  const dense = Array.from({ length: row }, (_, i) => i).filter(
    i => code.unitPiece(i) === undefined,
  )
  const index = piece ?? dense.length
  const data = (source.data as Float32Array).subarray(index * count, (index + 1) * count)
  return new ort.Tensor(source.type as 'float32', data, [...input.shape])
}

interface Missing {
  readonly decoding: Decoding
  readonly tensors: ReadonlyMap<number, Tensor>
  readonly transport: TransportType
}

/** The missing pieces, in their order. */
async function solve(run: Run, { decoding, tensors, transport }: Missing): Promise<Tensor[]> {
  const { missing, used, matrix } = decoding
  if (missing.length === 0) return []
  const ys = used.map(row => tensors.get(row)!)
  const { dims, size } = ys[0]!
  const weights = Float32Array.from(matrix.data)
  const solved = await runModel(decodeGraph(transport), {
    [decodeTensors.matrix]: floatTensorOf([missing.length, ys.length], weights),
    [decodeTensors.results]: stack(ys).reshape([ys.length, size]) as Tensor,
  })
  note(run.peaks.decode, solved[decodeTensors.peak])
  const { data, type } = solved[decodeTensors.missing]!
  return missing.map((_, i) => {
    const values = (data as Float32Array).subarray(i * size, (i + 1) * size)
    return new ort.Tensor(type as 'float32', values, [...dims])
  })
}

/** Along the first axis, one after the other. */
function stack(tensors: readonly Tensor[]): Tensor {
  const { type, data, dims, size } = tensors[0]!
  const TypedArray = (data as Float32Array).constructor as Float32ArrayConstructor
  const stacked = new TypedArray(size * tensors.length)
  for (const [i, one] of tensors.entries()) stacked.set(one.data as Float32Array, i * size)
  return new ort.Tensor(type as 'float32', stacked, [dims[0]! * tensors.length, ...dims.slice(1)])
}
