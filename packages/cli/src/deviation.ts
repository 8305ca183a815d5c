import type { EngineTensor } from '@cocoi/engine'
import type { SoftmaxAxis } from './softmax-axis.ts'

/** How far an output is from the one of the uncut model. */
export interface Deviation {
  /** Largest absolute difference. */
  readonly maxAbs: number
  /** Largest difference relative to the largest magnitude; of probabilities, before the softmax. */
  readonly maxRel: number
  /** Whether the largest element stands in the same place. */
  readonly sameTop: boolean
}

/** Compares an output with the oracle's; `axis` is the one that a softmax runs along, if any. */
export function deviation(
  got: EngineTensor | undefined,
  want: EngineTensor,
  axis: SoftmaxAxis | undefined,
): Deviation {
  if (!got || got.type !== want.type || got.dims.join() !== want.dims.join()) {
    return { maxAbs: Number.POSITIVE_INFINITY, maxRel: Number.POSITIVE_INFINITY, sameTop: false }
  }
  const [a, b] = [numbersOf(got), numbersOf(want)]
  const maxAbs = largestDifference(a, b)
  const sameTop = topOf(a) === topOf(b)
  const [x, y] = axis ? [logits(a, b, axis), logits(b, b, axis)] : [a, b]
  const scale = largestMagnitude(y)
  const difference = largestDifference(x, y)
  return { maxAbs, maxRel: difference === 0 ? 0 : difference / scale, sameTop }
}

type Numbers = Float32Array | Float64Array

function numbersOf({ type, data }: EngineTensor): Numbers {
  const { buffer } = data.slice()
  if (type === 'float32') return new Float32Array(buffer)
  if (type === 'float64') return new Float64Array(buffer)
  if (type === 'int64' || type === 'uint64') {
    return Float64Array.from(new BigInt64Array(buffer), Number)
  }
  const integers = { int32: Int32Array, int16: Int16Array, int8: Int8Array, uint8: Uint8Array }
  const view = integers[type as keyof typeof integers] ?? Uint8Array
  return Float64Array.from(new view(buffer))
}

/** A NaN anywhere counts as infinitely far. */
function largestDifference(a: Numbers, b: Numbers): number {
  let top = 0
  for (const [i, value] of a.entries()) {
    const difference = Math.abs(value - b[i]!)
    if (!(difference <= top)) top = Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference
  }
  return top
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
 * The logits of distributions, up to the constant that softmax forgets: their mean is taken as zero.
 * Places where the oracle's probability has vanished are left out of both.
 */
function logits(values: Numbers, oracle: Numbers, { classes, stride }: SoftmaxAxis): Float64Array {
  const result = new Float64Array(values.length)
  for (let row = 0; row < values.length / classes; row++) {
    const start = Math.floor(row / stride) * classes * stride + (row % stride)
    const places = Array.from({ length: classes }, (_, i) => start + i * stride).filter(
      i => oracle[i]! > leastProbability,
    )
    const mean = places.reduce((sum, i) => sum + Math.log(values[i]!), 0) / places.length
    for (const i of places) result[i] = Math.log(values[i]!) - mean
  }
  return result
}
