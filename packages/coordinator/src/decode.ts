import type { EngineTensor } from '@cocoi/engine'
import { decodeTensors, fitsFloat16, type StageOutput } from '@cocoi/partition'
import { CoordinatorError } from './errors.ts'
import type { ExecutableStep } from './executable.ts'
import type { LiveTensors } from './live-tensors.ts'

/** Results of a stage: for each row that came back, one tensor per convolution. */
export type StageResults = ReadonlyMap<number, readonly EngineTensor[]>

/**
 * Puts the decoded pieces of a finished stage among the live tensors. Pieces that arrived as unit
 * rows are used as they are; the others are solved for from the survivors.
 *
 * @returns the noise amplification A(S) of the survivors, 1 when nothing had to be decoded
 * @throws {CoordinatorError} ERR_NOT_DECODABLE if the rows do not span (the scheduler prevents it)
 */
export async function decodeInto(
  live: LiveTensors,
  step: ExecutableStep,
  results: StageResults,
): Promise<number> {
  const decoding = step.decoder.decode([...results.keys()])
  if (!decoding) {
    const rows = [...results.keys()].join(', ')
    throw new CoordinatorError('ERR_NOT_DECODABLE', `rows ${rows} do not determine the stage`)
  }
  for (const [index, output] of step.step.outputs.entries()) {
    for (const [piece, row] of decoding.direct) {
      live.set(output.pieces[piece]!, results.get(row)![index]!)
    }
    if (decoding.missing.length === 0) continue
    const survivors = decoding.used.map(row => results.get(row)![index]!)
    const matrix = Float32Array.from(decoding.matrix.data)
    await solve(live, step, { output, survivors, missing: decoding.missing, matrix })
  }
  return decoding.missing.length === 0 ? 1 : decoding.amplification
}

interface Missing {
  readonly output: StageOutput
  readonly survivors: readonly EngineTensor[]
  readonly missing: readonly number[]
  readonly matrix: Float32Array
}

async function solve(
  live: LiveTensors,
  step: ExecutableStep,
  { output, survivors, missing, matrix }: Missing,
): Promise<void> {
  const { dims: shape, type } = survivors[0]!
  const elements = shape.reduce((product, size) => product * size, 1)
  const [k, e] = [survivors.length, missing.length]
  const session = await step.decode()
  const feeds: Record<string, EngineTensor> = {
    [decodeTensors.matrix]: { type: 'float32', dims: [e, k], data: new Uint8Array(matrix.buffer) },
    [decodeTensors.results]: { type, dims: [k, elements], data: stack(survivors) },
  }
  const { outputs } = await session.run(feeds, { transfer: true })
  assertFloat16Range(outputs[decodeTensors.peak], `decoding "${output.name}"`)
  const pieces = outputs[decodeTensors.missing]!
  const bytes = pieces.data.byteLength / e
  for (const [i, piece] of missing.entries()) {
    const data = pieces.data.subarray(i * bytes, (i + 1) * bytes)
    live.set(output.pieces[piece]!, { type: pieces.type, dims: [...shape], data })
  }
}

/** Tensors of the same size, one below the other: the engine handles one large one sooner than many. */
function stack(tensors: readonly EngineTensor[]): Uint8Array {
  const bytes = tensors[0]!.data.byteLength
  const stacked = new Uint8Array(bytes * tensors.length)
  for (const [i, { data }] of tensors.entries()) stacked.set(data, i * bytes)
  return stacked
}

/** @throws {CoordinatorError} ERR_FLOAT16_RANGE if the peak does not travel as float16 without harm */
export function assertFloat16Range(peak: EngineTensor | undefined, where: string): void {
  if (!peak) return
  const value = new DataView(peak.data.buffer, peak.data.byteOffset).getFloat32(0, true)
  assertFloat16Value(value, where)
}

/** As `assertFloat16Range`, for a value that arrived with a result. */
export function assertFloat16Value(value: number | undefined, where: string): void {
  if (value === undefined || fitsFloat16(value)) return
  const message = `values of up to ${value} while ${where} do not fit float16`
  throw new CoordinatorError('ERR_FLOAT16_RANGE', message)
}
