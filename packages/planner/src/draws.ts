import { seeded } from '@cocoi/coding'
import { quantile } from './fit.ts'

/** Size of the pool; a power of two. */
const size = 2 ** 16

/**
 * Exponential numbers of mean 1 to draw from. All candidates of a choice use the same draws
 * (common random numbers), so that what differs between them is not chance; and the same seed
 * gives the same plan, everywhere.
 */
export class Draws {
  readonly #values = new Float64Array(size)

  constructor(seed: number) {
    const random = seeded(seed)
    for (let i = 0; i < size; i++) this.#values[i] = -Math.log(1 - random())
  }

  /** The `index`-th number of the run that starts at `start`. */
  at(start: number, index: number): number {
    return this.#values[(start + index) & (size - 1)]!
  }

  /** Start of a run for sample `sample` of stage `stage`: far from those of the others. */
  start(stage: number, sample: number): number {
    return (Math.imul(stage + 1, 0x9e3779b1) ^ Math.imul(sample + 1, 0x85ebca6b)) >>> 8
  }
}

/** Factor by which a compute phase is slowed, for an exponential draw. */
export function slownessOf(
  { slowness, straggling }: { slowness?: readonly number[] | undefined; straggling: number },
  draw: number,
): number {
  if (!slowness) return 1 + straggling * draw
  return quantile(slowness, 1 - Math.exp(-draw))
}
