import { predictRow } from '@cocoi/coding'
import type { EngineTensor } from '@cocoi/engine'
import { residualTensors, type TransportType } from '@cocoi/partition'
import { LOCAL } from '@cocoi/scheduler'
import { computeRow } from './compute-row.ts'
import type { EncodedRows } from './encoded-rows.ts'
import type { ExecutableStep } from './executable.ts'
import { stackTensors } from './stack-tensors.ts'

/** A result, and who computed it. */
export interface SignedResult {
  readonly device: string
  readonly tensors: readonly EngineTensor[]
}

/** How thoroughly a request is audited. */
export interface Audit {
  /** Differs from one audit to the next. */
  readonly turn: number
  /** Whether everything is computed again that no other results determine. */
  readonly isThorough: boolean
}

export type SignedResults = ReadonlyMap<number, SignedResult>

/** A device whose result is not what its subtask gives. */
export interface WrongResult {
  readonly device: string
  readonly row: number
  /** Largest difference, relative to the largest value; NaN if a value is no number or infinite. */
  readonly deviation: number
}

export interface AuditFinding {
  readonly wrong: readonly WrongResult[]
  /** The results, computed anew where they did not agree. */
  readonly results: SignedResults
}

/**
 * Difference, relative to the largest value, that the numbers of the wire explain: for one result
 * held against its own subtask computed again, and per unit of weight for one that others predict.
 * Eight times the rounding of float16, and what float32 sums of thousands of terms lose.
 */
const tolerance: Readonly<Record<TransportType, number>> = { float16: 4e-3, float32: 1e-4 }

/** Whole models sum up the differences between processors over all of their layers. */
const wholeTolerance = 1e-2

/**
 * Holds the results of a stage against each other. One more result than needed is enough to detect
 * that one of them is wrong. Results that no others determine are computed again: all of them, or one,
 * another one in every `turn`. If anything does not agree, the coordinator computes every row itself:
 * that names everybody who was wrong, and the answer is right.
 */
export async function auditStage(
  step: ExecutableStep,
  rows: EncodedRows,
  { results, audit }: { results: SignedResults; audit: Audit },
): Promise<AuditFinding> {
  const checked = [...results].filter(([, { device }]) => device !== LOCAL).map(([row]) => row)
  const alone = checked.filter(row => !isDetermined(step, results, row))
  const sample = audit.isThorough ? alone : alone.slice(audit.turn % alone.length).slice(0, 1)
  const isFine = (await agree(step, results)) && (await areRight(step, rows, { results, sample }))
  return isFine ? { wrong: [], results } : computeAnew(step, rows, { results, checked })
}

function isDetermined({ decoder }: ExecutableStep, results: SignedResults, row: number): boolean {
  return decoder.decode([...results.keys()].filter(other => other !== row)) !== undefined
}

/** Whether every result that is not needed is what the others predict. */
async function agree(step: ExecutableStep, results: SignedResults): Promise<boolean> {
  const decoding = step.decoder.decode([...results.keys()])!
  const surplus = [...results.keys()].filter(row => !decoding.used.includes(row))
  const survivors = decoding.used.map(row => results.get(row)!.tensors)
  for (const row of surplus) {
    const weights = predictRow(step.code, decoding, row)
    const gain = weights.reduce((sum, weight) => sum + Math.abs(weight), 1)
    const { tensors } = results.get(row)!
    const deviation = await largestResidual(step, { survivors, weights, surplus: tensors })
    if (!(deviation <= gain * limitOf(step, tensors[0]!))) return false
  }
  return true
}

async function areRight(
  step: ExecutableStep,
  rows: EncodedRows,
  { results, sample }: { results: SignedResults; sample: readonly number[] },
): Promise<boolean> {
  for (const row of sample) {
    if (!(await isRight(step, rows, results, row))) return false
  }
  return true
}

async function computeAnew(
  step: ExecutableStep,
  rows: EncodedRows,
  { results, checked }: { results: SignedResults; checked: readonly number[] },
): Promise<AuditFinding> {
  const wrong: WrongResult[] = []
  const right = new Map(results)
  for (const row of checked) {
    const { device, tensors } = results.get(row)!
    const own = await computeRow(step, rows, row)
    const deviation = await difference(step, own, tensors)
    right.set(row, { device: LOCAL, tensors: own })
    if (!(deviation <= limitOf(step, tensors[0]!))) wrong.push({ device, row, deviation })
  }
  return { wrong, results: right }
}

async function isRight(
  step: ExecutableStep,
  rows: EncodedRows,
  results: SignedResults,
  row: number,
): Promise<boolean> {
  const { tensors } = results.get(row)!
  const deviation = await difference(step, await computeRow(step, rows, row), tensors)
  return deviation <= limitOf(step, tensors[0]!)
}

function difference(
  step: ExecutableStep,
  own: readonly EngineTensor[],
  other: readonly EngineTensor[],
): Promise<number> {
  return largestResidual(step, { survivors: [own], weights: Float64Array.of(1), surplus: other })
}

interface Comparison {
  readonly survivors: readonly (readonly EngineTensor[])[]
  readonly weights: Float64Array
  readonly surplus: readonly EngineTensor[]
}

/** Over all tensors of the results; those of whole models that hold no floats are left out. */
async function largestResidual(step: ExecutableStep, comparison: Comparison): Promise<number> {
  const { survivors, weights, surplus } = comparison
  let worst = 0
  for (const [i, tensor] of surplus.entries()) {
    if (tensor.type !== 'float16' && tensor.type !== 'float32') continue
    const session = await step.residual(tensor.type)
    const feeds = {
      [residualTensors.weights]: weightsTensor(weights),
      [residualTensors.surplus]: flat(tensor),
      [residualTensors.results]: stackTensors(survivors.map(all => flat(all[i]!))),
    }
    const { outputs } = await session.run(feeds)
    const residual = scalar(outputs[residualTensors.residual]!)
    const scale = scalar(outputs[residualTensors.scale]!)
    const relative = residual === 0 ? 0 : residual / scale
    // A NaN must not be forgotten for what comes after it.
    if (Number.isNaN(relative)) return relative
    worst = Math.max(worst, relative)
  }
  return worst
}

function limitOf({ step }: ExecutableStep, { type }: EngineTensor): number {
  if (step.spec.kind === 'whole') return wholeTolerance
  return tolerance[type === 'float16' ? 'float16' : 'float32']
}

function weightsTensor(weights: Float64Array): EngineTensor {
  const data = new Uint8Array(Float32Array.from(weights).buffer)
  return { type: 'float32', dims: [1, weights.length], data }
}

function flat(tensor: EngineTensor): EngineTensor {
  return { ...tensor, dims: [1, tensor.dims.reduce((product, size) => product * size, 1)] }
}

function scalar({ data }: EngineTensor): number {
  return new DataView(data.buffer, data.byteOffset).getFloat32(0, true)
}
