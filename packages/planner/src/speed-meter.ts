import { fitShiftedExponential, quantile } from './fit.ts'
import { boards } from './profiles.ts'
import { RecentTimes } from './recent-times.ts'
import { fitTwoTerms } from './two-terms.ts'
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

/** Fewer kinds of work do not tell a fixed part from the rest, which may take this much of the quickest. */
const leastKinds = 3
const mostFixed = 0.5

/** A kind of work with what it takes: by the benchmark in arithmetic and in memory, and really. */
interface Kind {
  readonly arithmeticMs: number
  readonly memoryMs: number
  readonly ms: number
}

/**
 * Measures a machine by its own computations, of which the last ones of every kind count. The benchmark
 * says all there is before the first computation; these then say how much slower or faster arithmetic
 * really is, and likewise memory, each by the kinds in which it takes most of the time:
 *
 *     undisturbed time of a kind ≈ perRunMs + a · arithmetic by the benchmark + b · memory by it
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
    const { perRunMs, arithmetic, memory } = this.#factors()
    const flopsPerS = this.#reference.flopsPerS / arithmetic
    const memoryBytesPerS = this.#reference.memoryBytesPerS / memory
    const samples = this.#times.count
    return { flopsPerS, memoryBytesPerS, perRunMs, ...this.#straggling(), samples }
  }

  #factors(): { perRunMs: number; arithmetic: number; memory: number } {
    const { flopsPerS, memoryBytesPerS } = this.#reference
    const kinds = this.#times.undisturbed().map(({ what: { flops, bytes }, ms }): Kind => {
      const arithmeticMs = (flops / flopsPerS) * 1000
      return { arithmeticMs, memoryMs: (bytes / memoryBytesPerS) * 1000, ms }
    })
    const busy = kinds.filter(kind => kind.arithmeticMs >= kind.memoryMs)
    const perRunMs = fixedMs(busy)
    const memory = factorOf(kinds.filter(kind => !busy.includes(kind)))
    const arithmetic = factorOf(busy.map(kind => ({ ...kind, ms: kind.ms - perRunMs })))
    return { perRunMs, arithmetic: arithmetic ?? 1, memory: memory ?? arithmetic ?? 1 }
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

/** Real time over time by the benchmark; undefined without any. */
function factorOf(kinds: readonly Kind[]): number | undefined {
  const sum = (of: (kind: Kind) => number) => kinds.reduce((total, kind) => total + of(kind), 0)
  return kinds.length === 0
    ? undefined
    : sum(({ ms }) => ms) / sum(({ arithmeticMs, memoryMs }) => arithmeticMs + memoryMs)
}

function fixedMs(kinds: readonly Kind[]): number {
  if (kinds.length < leastKinds) return 0
  const points = kinds.map(({ arithmeticMs, memoryMs, ms }) => {
    return { u: 1, v: arithmeticMs + memoryMs, value: ms }
  })
  const quickest = Math.min(...kinds.map(({ ms }) => ms))
  return Math.min(fitTwoTerms(points).first, mostFixed * quickest)
}
