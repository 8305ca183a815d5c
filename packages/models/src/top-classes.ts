import type { EngineTensor } from '@cocoi/engine'
import { ModelError } from './errors.ts'
import { fromFloat16 } from './float16.ts'

/** A class and how sure the model is of it. */
export interface ClassScore {
  readonly index: number
  /** Left out if the model has no labels. */
  readonly label?: string
  readonly score: number
}

/** How classes are read from an output. */
export interface ClassOptions {
  readonly labels?: readonly string[] | undefined
  /**
   * Whether the scores still have to be turned into probabilities. By default they are unless they
   * already are probabilities: none negative, sum 1.
   */
  readonly softmax?: boolean | undefined
  /** @default 5 */
  readonly top?: number | undefined
}

/**
 * The classes with the highest scores, best first; of equal ones the lower index first.
 *
 * @param output one score per class: [C], [1, C] or [1, C, 1, 1]
 * @throws {ModelError} ERR_NOT_CLASSIFICATION
 */
export function topClasses(output: EngineTensor, options: ClassOptions = {}): ClassScore[] {
  const { labels, softmax, top = 5 } = options
  const raw = scoresOf(output)
  const scores = (softmax ?? !isDistribution(raw)) ? softmaxOf(raw) : raw
  const order = [...scores.keys()].sort((a, b) => scores[b]! - scores[a]! || a - b)
  return order.slice(0, top).map(index => {
    const label = labels?.[index]
    return { index, ...(label === undefined ? {} : { label }), score: scores[index]! }
  })
}

function scoresOf({ type, dims, data }: EngineTensor): Float64Array {
  const count = dims.reduce((product, size) => product * size, 1)
  if (count === 0 || !dims.every(size => size === 1 || size === count)) {
    const message = `the output has the shape [${dims.join(', ')}], not one score per class of one image`
    throw new ModelError('ERR_NOT_CLASSIFICATION', message)
  }
  const read = readerOf(type, new DataView(data.buffer, data.byteOffset, data.byteLength))
  const scores = Float64Array.from({ length: count }, (_, index) => read(index))
  const bad = scores.findIndex(score => !Number.isFinite(score))
  if (bad < 0) return scores
  const message = `the score of class ${bad} is ${scores[bad]}: the model overflows for this input`
  throw new ModelError('ERR_NOT_CLASSIFICATION', message)
}

function readerOf(type: EngineTensor['type'], view: DataView): (index: number) => number {
  if (type === 'float32') return index => view.getFloat32(index * 4, true)
  if (type === 'float64') return index => view.getFloat64(index * 8, true)
  if (type === 'float16') return index => fromFloat16(view.getUint16(index * 2, true))
  const message = `the output is of ${type}; scores are float32, float16 or float64`
  throw new ModelError('ERR_NOT_CLASSIFICATION', message)
}

/** Tolerance on the sum of the probabilities: a thousand of them in float16 are off by about this. */
const sumTolerance = 0.01

function isDistribution(scores: Float64Array): boolean {
  const sum = scores.reduce((total, score) => total + score, 0)
  return scores.every(score => score >= 0) && Math.abs(sum - 1) < sumTolerance
}

function softmaxOf(scores: Float64Array): Float64Array {
  const largest = scores.reduce((top, score) => Math.max(top, score), Number.NEGATIVE_INFINITY)
  const powers = scores.map(score => Math.exp(score - largest))
  const sum = powers.reduce((total, power) => total + power, 0)
  return powers.map(power => power / sum)
}
