import { fitShiftedExponential, quantile } from './fit.ts'
import { fitTerms, type LikelyFactor } from './fit-terms.ts'
import { boards } from './profiles.ts'
import { RecentTimes } from './recent-times.ts'
import type { Speed, Work } from './work.ts'

/** How fast a machine computes, as far as it is known. */
export interface MeasuredSpeed extends Speed {
  /** Fixed part of every computation. */
  readonly perRunMs: number
  /** Mean of the exponential part relative to the undisturbed time. */
  readonly straggling: number
  /** Where a shifted exponential fits badly: quantiles of time over undisturbed time, 0 to 1. */
  readonly slowness: readonly number[] | undefined
  /** Kolmogorov–Smirnov distance of that fit; undefined while there is none. */
  readonly distance: number | undefined
  /** Computations that it is based on; 0: a benchmark, or nothing but a guess. */
  readonly samples: number
}

/** Of a machine of which nothing is known yet. */
const guess: Speed = boards.pi4

/** Fewer times say nothing about straggling. */
const leastSamples = 16

/** Fewer kinds of work do not tell a fixed part from the rest. */
const leastKinds = 3

/** Arithmetic and memory, where the work does not tell. */
const asBenchmarked: readonly LikelyFactor[] = [
  { term: 1, factor: 1 },
  { term: 2, factor: 1 },
]

/** Nothing is so much faster than by the benchmark. */
const leastFactor = 0.02

/** More than the layers of a model, under a few plans. */
const mostKinds = 128

/**
 * Measures a machine by its own computations, of which the last ones of every kind count. The benchmark
 * says all there is before the first computation; these then say how much slower or faster arithmetic
 * really is, and likewise memory:
 *
 *     undisturbed time of a kind ≈ perRunMs + a · arithmetic by the benchmark + b · memory by it
 */
export class SpeedMeter {
  readonly #reference: Speed
  readonly #times = new RecentTimes<Work>(mostKinds)

  constructor(benchmark: Speed = guess) {
    this.#reference = benchmark
  }

  note(work: Work, ms: number): void {
    if (work.flops + work.bytes <= 0 || !(ms > 0)) return
    this.#times.note(`${work.flops} ${work.bytes}`, work, ms)
  }

  get measured(): MeasuredSpeed {
    const { perRunMs, arithmetic, memory } = this.#factors()
    const flopsPerS = this.#reference.flopsPerS / arithmetic
    const memoryBytesPerS = this.#reference.memoryBytesPerS / memory
    const samples = this.#times.count
    return { flopsPerS, memoryBytesPerS, perRunMs, ...this.#straggling(), samples }
  }

  #factors(): { perRunMs: number; arithmetic: number; memory: number } {
    const { flopsPerS, memoryBytesPerS } = this.#reference
    const kinds = this.#times.undisturbed()
    const fixed = kinds.length < leastKinds ? 0 : 1
    const sums = kinds.map(({ what: { flops, bytes }, ms: value }) => {
      const terms = [fixed, (flops / flopsPerS) * 1000, (bytes / memoryBytesPerS) * 1000]
      return { terms, value }
    })
    const [perRunMs, ...factors] = fitTerms(3, sums, asBenchmarked) as [number, number, number]
    const [arithmetic, memory] = factors.map(factor => Math.max(factor, leastFactor))
    return { perRunMs, arithmetic: arithmetic!, memory: memory! }
  }

  #straggling(): Pick<MeasuredSpeed, 'straggling' | 'slowness' | 'distance'> {
    const samples = this.#times.slownesses()
    if (samples.length < leastSamples) {
      return { straggling: boards.pi4.straggling, slowness: undefined, distance: undefined }
    }
    const { shift, scale, distance, fits, quantiles } = fitShiftedExponential(samples)
    const base = shift > 0 ? shift : quantile(quantiles, 0)
    const slowness = fits ? undefined : quantiles.map(value => value / base)
    return { straggling: scale / base, slowness, distance }
  }
}
