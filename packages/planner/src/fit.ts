import { PlannerError } from './errors.ts'

/** A shifted exponential fitted to times, and how well it fits. */
export interface Fit {
  /** The undisturbed time; θ per unit of work. */
  readonly shift: number
  /** Mean of the exponential part; 1/μ. */
  readonly scale: number
  /** Kolmogorov–Smirnov distance D between the samples and the fit, 0…1. */
  readonly distance: number
  /** Whether the fit may be used; otherwise use `quantiles`. */
  readonly fits: boolean
  /** Of the samples, at 0, 1/32, …, 31/32; and one more, so that on the way there lies the mean of all beyond. */
  readonly quantiles: readonly number[]
}

const quantileSteps = 32

/**
 * With hundreds of samples every real distribution is told from an exponential; what matters for a
 * prediction is how far off it is.
 */
const tolerableDistance = 0.08

/**
 * Fits shift and scale by maximum likelihood: the smallest sample, and the mean less it, both
 * corrected for their bias (the smallest of m samples lies scale/m above the shift).
 *
 * Goodness of fit: less the smallest, the others are m − 1 exponential samples with unknown mean,
 * for which Stephens (JASA 69, 1974, table 1.1) corrects D: `(D − 0.2/n)(√n + 0.26 + 0.5/√n)`
 * exceeds 1.094 in 5 % of the cases.
 *
 * @param samples times of the same amount of work, or per unit of work
 * @throws {PlannerError} ERR_TOO_FEW_SAMPLES below 3
 */
export function fitShiftedExponential(samples: readonly number[]): Fit {
  const count = samples.length
  if (count < 3) {
    const message = `a distribution is fitted to 3 samples or more, not ${count}`
    throw new PlannerError('ERR_TOO_FEW_SAMPLES', message)
  }
  const sorted = Float64Array.from(samples).sort()
  const mean = sorted.reduce((sum, value) => sum + value, 0) / count
  const scale = ((mean - sorted[0]!) * count) / (count - 1)
  const shift = shiftOf(samples)
  const distance = distanceOf(sorted.subarray(1), sorted[0]!, scale)
  const root = Math.sqrt(count - 1)
  const statistic = (distance - 0.2 / (count - 1)) * (root + 0.26 + 0.5 / root)
  const fits = statistic <= 1.094 || distance <= tolerableDistance
  return { shift, scale, distance, fits, quantiles: quantilesOf(sorted) }
}

/** The largest of hundreds of samples is seldom; nobody may draw what lies up to it once in 32 times. */
function quantilesOf(sorted: Float64Array): number[] {
  const inner = Array.from({ length: quantileSteps }, (_, i) => quantile(sorted, i / quantileSteps))
  const before = inner.at(-1)!
  const beyond = sorted.subarray(Math.ceil((1 - 1 / quantileSteps) * (sorted.length - 1)))
  const mean = beyond.reduce((sum, value) => sum + value, 0) / beyond.length
  return [...inner, Math.min(sorted.at(-1)!, Math.max(before, 2 * mean - before))]
}

/** The shift of that fit alone, which takes little: two samples or more. */
export function shiftOf(samples: readonly number[]): number {
  const smallest = Math.min(...samples)
  const mean = samples.reduce((sum, value) => sum + value, 0) / samples.length
  return Math.max(0, smallest - (mean - smallest) / (samples.length - 1))
}

/** Largest distance between the empirical distribution and the exponential one. */
function distanceOf(sorted: Float64Array, shift: number, scale: number): number {
  if (scale === 0) return 0
  let largest = 0
  for (const [i, value] of sorted.entries()) {
    const probability = 1 - Math.exp(-(value - shift) / scale)
    const [below, above] = [i / sorted.length, (i + 1) / sorted.length]
    largest = Math.max(largest, above - probability, probability - below)
  }
  return largest
}

/** Quantile p of sorted values, interpolated. */
export function quantile(sorted: ArrayLike<number>, p: number): number {
  const place = p * (sorted.length - 1)
  const below = Math.floor(place)
  const above = Math.min(below + 1, sorted.length - 1)
  return sorted[below]! + (place - below) * (sorted[above]! - sorted[below]!)
}

/** One measured phase: how much work it was and how long it took. */
export interface Observation {
  /** Operations or bytes. */
  readonly units: number
  readonly ms: number
}

/**
 * Speed and straggling from a device's own history, in the form in which a profile holds them.
 *
 * @param overheadMs fixed part of each phase, not counted as work
 * @throws {PlannerError} ERR_TOO_FEW_SAMPLES
 */
export function fitPhase(
  observations: readonly Observation[],
  overheadMs = 0,
): { unitsPerS: number; straggling: number; slowness: readonly number[] | undefined; fit: Fit } {
  const useful = observations.filter(({ units, ms }) => units > 0 && ms > overheadMs)
  const fit = fitShiftedExponential(useful.map(({ units, ms }) => (ms - overheadMs) / units))
  const base = fit.shift > 0 ? fit.shift : fit.quantiles[0]!
  return {
    unitsPerS: 1000 / base,
    straggling: fit.scale / base,
    slowness: fit.fits ? undefined : fit.quantiles.map(value => value / base),
    fit,
  }
}
