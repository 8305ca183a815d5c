import type { EngineTensor } from '@cocoi/engine'
import { type Numbers, tensorNumbers } from './tensor-numbers.ts'

/** How far an output is from the one of the uncut model. */
export interface Deviation {
  /** Largest absolute difference. */
  readonly maxAbs: number
  /**
   * Largest difference relative to the largest magnitude; of probabilities, before the softmax; of
   * indices and truth values the share of those that differ.
   */
  readonly maxRel: number
  /** Whether the largest element stands in the same place. */
  readonly sameTop: boolean
}

const incomparable: Deviation = {
  maxAbs: Number.POSITIVE_INFINITY,
  maxRel: Number.POSITIVE_INFINITY,
  sameTop: false,
}

/** Element types whose numbers name something: to be off by one is as wrong as by a hundred. */
const names = new Set<EngineTensor['type']>(['int32', 'int64', 'uint32', 'uint64', 'bool'])

/**
 * Compares an output with the oracle's.
 *
 * @param rows length of the rows that a softmax has normalised; undefined if none has
 */
export function deviation(
  got: EngineTensor | undefined,
  want: EngineTensor,
  rows: number | undefined,
): Deviation {
  if (!got || got.type !== want.type || got.dims.join() !== want.dims.join()) return incomparable
  const [a, b] = [tensorNumbers(got), tensorNumbers(want)]
  const [maxAbs, sameTop] = [largestDifference(a, b), topOf(a) === topOf(b)]
  if (names.has(want.type)) return { maxAbs, maxRel: differing(a, b) / b.length || 0, sameTop }
  const [x, y] = rows ? [logits(a, b, rows), logits(b, b, rows)] : [a, b]
  const difference = largestDifference(x, y)
  return { maxAbs, maxRel: difference === 0 ? 0 : difference / largestMagnitude(y), sameTop }
}

/** A NaN that the oracle does not have counts as infinitely far, and so does an infinity. */
function largestDifference(a: Numbers, b: Numbers): number {
  let top = 0
  for (const [i, value] of a.entries()) {
    if (Object.is(value, b[i])) continue
    const difference = Math.abs(value - b[i]!)
    if (!(difference <= top)) top = Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference
  }
  return top
}

function differing(a: Numbers, b: Numbers): number {
  let count = 0
  for (const [i, value] of a.entries()) if (value !== b[i]) count += 1
  return count
}

function largestMagnitude(values: Numbers): number {
  let top = 0
  for (const value of values) top = Math.max(top, Math.abs(value))
  return top
}

function topOf(values: Numbers): number {
  let top = 0
  for (const [i, value] of values.entries()) if (value > values[top]!) top = i
  return top
}

/** Probabilities below this have lost their logit to the limits of float32. */
const leastProbability = 1e-30

/**
 * The logits of rows of probabilities, up to the constant that softmax forgets: their mean is taken
 * as zero. Places where the oracle's probability has vanished are left out of both.
 */
function logits(values: Numbers, oracle: Numbers, length: number): Float64Array {
  const result = new Float64Array(values.length)
  for (let start = 0; start < values.length; start += length) {
    const places = Array.from({ length }, (_, i) => start + i).filter(
      i => oracle[i]! > leastProbability,
    )
    const mean = places.reduce((sum, i) => sum + Math.log(values[i]!), 0) / places.length
    for (const i of places) result[i] = Math.log(values[i]!) - mean
  }
  return result
}
