import { type ModelProto, serializeModel } from '@cocoi/onnx'
import {
  decodeGraph,
  decodeTensors,
  type Program,
  type Segment,
  subtaskGraph,
} from '@cocoi/partition'

process.env['ORT_DISABLE_TELEMETRY'] = '1'
const ort = await import('onnxruntime-node')
type Tensor = InstanceType<typeof ort.Tensor>
type Tensors = Record<string, Tensor>

/** Runs a model once in plain onnxruntime: the oracle. */
export async function runModel(model: ModelProto, feeds: Tensors): Promise<Tensors> {
  const session = await ort.InferenceSession.create(serializeModel(model), { logSeverityLevel: 3 })
  const results = await session.run(feeds)
  await session.release()
  return results as Tensors
}

export function floatTensorOf(dims: number[], data: Float32Array): Tensor {
  return new ort.Tensor('float32', data, dims)
}

interface Survivors {
  /** Rows whose results are used, k of them. */
  readonly rows: readonly number[]
  /** Piece of a unit row. */
  readonly unit: (row: number) => number | undefined
  /** Pieces to solve for, and the decoding matrix [missing, rows]. */
  readonly missing: readonly number[]
  readonly matrix: Float32Array
}

/** Runs a program as coordinator and devices would, with the results of the given rows only. */
export async function runProgram(
  model: ModelProto,
  program: Program,
  options: { feeds: Tensors; survivors: Survivors; transport: 'float16' | 'float32' },
): Promise<Tensors> {
  const { survivors, transport } = options
  const live: Tensors = { ...options.feeds }
  const run = async (segment: Segment | undefined) => {
    if (!segment) return
    const feeds = Object.fromEntries(segment.inputs.map(name => [name, live[name]!]))
    Object.assign(live, await runModel(segment.model, feeds))
  }
  for (const step of program.steps) {
    await run(step.head)
    await run(step.side)
    if (step.spec.kind !== 'linear') throw new Error('not a linear stage')
    const subtask = subtaskGraph(model, step.spec, transport)
    const results: Tensors[] = []
    for (const row of survivors.rows) {
      const inputs = step.inputs.map(input => rowOf(live, input, survivors, row))
      const feeds = Object.fromEntries(subtask.inputs.map(({ name }, i) => [name, inputs[i]!]))
      results.push(await runModel(subtask.model, feeds))
    }
    for (const output of step.outputs) {
      for (const [i, row] of survivors.rows.entries()) {
        const piece = survivors.unit(row)
        if (piece !== undefined) live[output.pieces[piece]!] = results[i]![output.name]!
      }
      const ys = results.map(result => result[output.name]!)
      const solved = await solve(ys, survivors, transport)
      for (const [i, piece] of survivors.missing.entries()) live[output.pieces[piece]!] = solved[i]!
    }
  }
  await run(program.tail)
  return live
}

function rowOf(
  live: Tensors,
  input: { pieces: string; parity: string | undefined; shape: readonly number[] },
  survivors: Survivors,
  row: number,
): Tensor {
  const piece = survivors.unit(row)
  const source = piece === undefined ? live[input.parity!]! : live[input.pieces]!
  const count = input.shape.reduce((product, size) => product * size, 1)
  const units = survivors.rows.length
  const index = piece ?? row - units
  const data = (source.data as Float32Array).subarray(index * count, (index + 1) * count)
  return new ort.Tensor(source.type as 'float32', data, [...input.shape])
}

async function solve(
  ys: Tensor[],
  survivors: Survivors,
  transport: 'float16' | 'float32',
): Promise<Tensor[]> {
  if (survivors.missing.length === 0) return []
  const [first] = ys
  const feeds: Tensors = {
    [decodeTensors.matrix]: floatTensorOf([survivors.missing.length, ys.length], survivors.matrix),
  }
  for (const [j, y] of ys.entries()) {
    feeds[decodeTensors.result(j)] = y.reshape([1, first!.size]) as Tensor
  }
  const { missing } = await runModel(decodeGraph(ys.length, transport), feeds)
  const data = missing!.data as Float32Array
  return survivors.missing.map(
    (_, i) =>
      new ort.Tensor(
        missing!.type as 'float32',
        data.subarray(i * first!.size, (i + 1) * first!.size),
        [...first!.dims],
      ),
  )
}
