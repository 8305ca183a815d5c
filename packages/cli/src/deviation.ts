import type { EngineTensor } from '@cocoi/engine'
import type { ModelProto } from '@cocoi/onnx'

/** How far an output is from the one of the uncut model. */
export interface Deviation {
  /** Largest absolute difference. */
  readonly maxAbs: number
  /** Largest difference relative to the largest magnitude; of probabilities, before the softmax. */
  readonly maxRel: number
  /** Whether the largest element stands in the same place. */
  readonly sameTop: boolean
}

/** Compares an output with the oracle's; `classes` is the length of the axis a softmax runs along. */
export function deviation(
  got: EngineTensor | undefined,
  want: EngineTensor,
  classes: number | undefined,
): Deviation {
  if (!got || got.type !== want.type || got.dims.join() !== want.dims.join()) {
    return { maxAbs: Number.POSITIVE_INFINITY, maxRel: Number.POSITIVE_INFINITY, sameTop: false }
  }
  const [a, b] = [numbersOf(got), numbersOf(want)]
  const maxAbs = largestDifference(a, b)
  const sameTop = topOf(a) === topOf(b)
  const [x, y] = classes ? [logits(a, b, classes), logits(b, b, classes)] : [a, b]
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
 * The logits of rows of probabilities, up to the constant that softmax forgets: their mean is taken
 * as zero. Places where the oracle's probability has vanished are left out of both.
 */
function logits(values: Numbers, oracle: Numbers, classes: number): Float64Array {
  const result = new Float64Array(values.length)
  for (let start = 0; start < values.length; start += classes) {
    const places = Array.from({ length: classes }, (_, i) => start + i).filter(
      i => oracle[i]! > leastProbability,
    )
    const mean = places.reduce((sum, i) => sum + Math.log(values[i]!), 0) / places.length
    for (const i of places) result[i] = Math.log(values[i]!) - mean
  }
  return result
}

const shapeOnly = new Set([
  'Reshape',
  'Flatten',
  'Squeeze',
  'Unsqueeze',
  'Identity',
  'Dropout',
  'Cast',
])

/** Length of the axis along which a model's output was normalised by a softmax, if it was. */
export function softmaxClasses(
  model: ModelProto,
  output: { name: string; dims: readonly number[] },
): number | undefined {
  const producers = new Map(
    model.graph!.node.flatMap(node => node.output.map(name => [name, node])),
  )
  let node = producers.get(output.name)
  while (node && shapeOnly.has(node.opType)) node = producers.get(node.input[0]!)
  return node?.opType === 'Softmax' ? output.dims.at(-1) : undefined
}
