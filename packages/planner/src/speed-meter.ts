import { fitShiftedExponential, quantile } from './fit.ts'
import { boards } from './profiles.ts'
import { RecentTimes } from './recent-times.ts'
import { fitTwoTerms } from './two-terms.ts'
import { type Speed, type Work, workMs } from './work.ts'

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
const leastSamples = 8

/** What the first part of a fixed time may at most take of the quickest computation. */
const mostFixed = 0.5

/**
 * Measures a machine by its own computations, of which the last ones of every kind count. The benchmark
 * says how arithmetic and memory relate, and all there is before the first computation; the computations
 * then say how much faster or slower they really are:
 *
 *     undisturbed time of a kind ≈ perRunMs + factor · time by the benchmark
 */
export class SpeedMeter {
  readonly #reference: Speed
  readonly #times = new RecentTimes<Work>()

  constructor(benchmark: Speed = guess) {
    this.#reference = benchmark
  }

  note(work: Work, ms: number): void {
    if (work.flops + work.bytes <= 0 || !(ms > 0)) return
    this.#times.note(`${work.flops} ${work.bytes}`, work, ms)
  }

  get measured(): MeasuredSpeed {
    const samples = this.#times.count
    const { factor, perRunMs } = this.#factor()
    const flopsPerS = this.#reference.flopsPerS / factor
    const memoryBytesPerS = this.#reference.memoryBytesPerS / factor
    return { flopsPerS, memoryBytesPerS, perRunMs, ...this.#straggling(), samples }
  }

  #factor(): { factor: number; perRunMs: number } {
    const kinds = this.#times.undisturbed()
    if (kinds.length === 0) return { factor: 1, perRunMs: 0 }
    const points = kinds.map(({ what, ms }) => ({
      u: 1,
      v: workMs(what, this.#reference),
      value: ms,
    }))
    const quickest = Math.min(...points.map(({ value }) => value))
    const perRunMs = Math.min(fitTwoTerms(points).first, mostFixed * quickest)
    const left = points.map(point => ({ ...point, u: 0, value: point.value - perRunMs }))
    return { factor: fitTwoTerms(left).second, perRunMs }
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
