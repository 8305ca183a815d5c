import type { Decoding } from '@cocoi/coding'
import type { EngineTensor } from '@cocoi/engine'
import { decodeTensors, fitsFloat16, type StageOutput } from '@cocoi/partition'
import { CoordinatorError } from './errors.ts'
import type { ExecutableStep } from './executable.ts'
import type { LiveTensors } from './live-tensors.ts'
import { stackTensors } from './stack-tensors.ts'

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
    live.set(output.pieces, stackTensors(await piecesOf(step, { output, decoding, resultOf })))
  }
  return decoding.missing.length === 0 ? 1 : decoding.amplification
}

interface DecodableOutput {
  readonly output: StageOutput
  readonly decoding: Decoding
  readonly resultOf: (row: number) => EngineTensor
}

/** All pieces in their order. */
async function piecesOf(
  step: ExecutableStep,
  decodable: DecodableOutput,
): Promise<readonly EngineTensor[]> {
  const { direct, missing } = decodable.decoding
  const solved = missing.length > 0 ? await solve(step, decodable) : []
  return Array.from({ length: step.code.k }, (_, piece) => {
    const row = direct.get(piece)
    return row === undefined ? solved[missing.indexOf(piece)]! : decodable.resultOf(row)
  })
}

/** The missing pieces in their order. */
async function solve(
  step: ExecutableStep,
  { output, decoding, resultOf }: DecodableOutput,
): Promise<EngineTensor[]> {
  const survivors = decoding.used.map(resultOf)
  const { dims: shape, type } = survivors[0]!
  const { rows: e, cols: k, data } = decoding.matrix
  const elements = shape.reduce((product, size) => product * size, 1)
  const session = await step.decode()
  const matrix = new Uint8Array(Float32Array.from(data).buffer)
  const feeds: Record<string, EngineTensor> = {
    [decodeTensors.matrix]: { type: 'float32', dims: [e, k], data: matrix },
    [decodeTensors.results]: { ...stackTensors(survivors), dims: [k, elements] },
  }
  const { outputs } = await session.run(feeds, { transfer: true })
  assertFloat16Range(outputs[decodeTensors.peak], `decoding "${output.name}"`)
  const { data: solved } = outputs[decodeTensors.missing]!
  const bytes = solved.byteLength / e
  return decoding.missing.map((_, i) => {
    return { type, dims: shape, data: solved.subarray(i * bytes, (i + 1) * bytes) }
  })
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
