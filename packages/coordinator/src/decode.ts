import type { Decoding } from '@cocoi/coding'
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
    const resultOf = (row: number) => results.get(row)![index]!
    const pieces = new Map([...decoding.direct].map(([piece, row]) => [piece, resultOf(row)]))
    if (decoding.missing.length > 0) {
      const survivors = decoding.used.map(resultOf)
      const solved = await solve(step, { output, survivors, decoding })
      for (const [i, piece] of decoding.missing.entries()) pieces.set(piece, solved[i]!)
    }
    const inOrder = Array.from({ length: step.code.k }, (_, j) => pieces.get(j)!)
    live.set(output.pieces, stack(inOrder))
  }
  return decoding.missing.length === 0 ? 1 : decoding.amplification
}

interface Missing {
  readonly output: StageOutput
  readonly survivors: readonly EngineTensor[]
  readonly decoding: Decoding
}

/** The missing pieces, in their order. */
async function solve(
  step: ExecutableStep,
  { output, survivors, decoding }: Missing,
): Promise<EngineTensor[]> {
  const { dims: shape, type } = survivors[0]!
  const { rows: e, cols: k, data } = decoding.matrix
  const elements = shape.reduce((product, size) => product * size, 1)
  const session = await step.decode()
  const matrix = new Uint8Array(Float32Array.from(data).buffer)
  const feeds: Record<string, EngineTensor> = {
    [decodeTensors.matrix]: { type: 'float32', dims: [e, k], data: matrix },
    [decodeTensors.results]: { ...stack(survivors), dims: [k, elements] },
  }
  const { outputs } = await session.run(feeds, { transfer: true })
  assertFloat16Range(outputs[decodeTensors.peak], `decoding "${output.name}"`)
  const { data: solved } = outputs[decodeTensors.missing]!
  const bytes = solved.byteLength / e
  return decoding.missing.map((_, i) => {
    return { type, dims: shape, data: solved.subarray(i * bytes, (i + 1) * bytes) }
  })
}

/**
 * Tensors of one shape along the first axis, one after the other: the engine takes one large tensor
 * sooner than many.
 */
function stack(tensors: readonly EngineTensor[]): EngineTensor {
  const [first] = tensors
  const { type, dims, data } = first!
  if (tensors.length === 1) return first!
  const stacked = new Uint8Array(data.byteLength * tensors.length)
  for (const [i, one] of tensors.entries()) stacked.set(one.data, i * data.byteLength)
  return { type, dims: [dims[0]! * tensors.length, ...dims.slice(1)], data: stacked }
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
