import { ZooError } from './errors.ts'

/** Mean and standard deviation of the values to draw. */
export interface Distribution {
  readonly mean: number
  readonly deviation: number
}

/** Four bytes sum to 510 on average, with the variance 4 · (256² − 1) / 12. */
const byteSumMean = 510
const byteSumDeviation = Math.sqrt(21845)

/** Rounds after which the state of {@link SeededValues} no longer shows how it was set up. */
const warmUp = 15

/**
 * An endless row of values for the tensor of one name, the same on every machine.
 *
 * Each value takes one 32-bit number of sfc32 (Chris Doty-Humphrey, PractRand) and sums its four
 * bytes: close to normal, within ±3.45 standard deviations, in steps of 1/148 of one. Box-Muller
 * would need `Math.log` and `Math.cos`, whose last bits ECMAScript leaves to the implementation;
 * integer arithmetic and IEEE 754 addition, multiplication and rounding to float32 are exact, and
 * about ten times as fast.
 */
export class SeededValues {
  readonly #state: Int32Array

  /**
   * @param seed whole number ≥ 0
   * @param name sets the tensors of one seed apart, so that each can be drawn without the others
   * @throws {ZooError} ERR_ZOO_SEED
   */
  constructor(seed: number, name: string) {
    if (!Number.isSafeInteger(seed) || seed < 0) {
      const message = `the seed is ${seed}; give a whole number from 0 to 2^53 - 1`
      throw new ZooError('ERR_ZOO_SEED', message)
    }
    this.#state = Int32Array.of(seed >>> 0, Math.floor(seed / 2 ** 32), nameHash(name), 1)
    this.fill(new Float32Array(warmUp), { mean: 0, deviation: 0 })
  }

  /** Overwrites `target` with the next values. */
  fill(target: Float32Array, { mean, deviation }: Distribution): void {
    const scale = deviation / byteSumDeviation
    const state = this.#state
    let [a, b, c, counter] = [state[0]!, state[1]!, state[2]!, state[3]!]
    for (let i = 0; i < target.length; i++) {
      const word = (((a + b) | 0) + counter) | 0
      counter = (counter + 1) | 0
      a = b ^ (b >>> 9)
      b = (c + (c << 3)) | 0
      c = (((c << 21) | (c >>> 11)) + word) | 0
      target[i] = mean + scale * (byteSum(word) - byteSumMean)
    }
    state.set([a, b, c, counter])
  }
}

function byteSum(word: number): number {
  const pairs = (word & 0xff00ff) + ((word >>> 8) & 0xff00ff)
  return (pairs & 0xffff) + (pairs >>> 16)
}

/** FNV-1a over the UTF-16 code units. */
function nameHash(name: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193)
  return hash
}
