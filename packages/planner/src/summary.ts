import { quantile } from './fit.ts'

/** What is predicted of a time, in milliseconds. */
export interface LatencySummary {
  readonly meanMs: number
  readonly p50Ms: number
  readonly p99Ms: number
}

export function summarise(samples: Float64Array | readonly number[]): LatencySummary {
  const sorted = Float64Array.from(samples).sort()
  const meanMs = sorted.reduce((sum, value) => sum + value, 0) / sorted.length
  return { meanMs, p50Ms: quantile(sorted, 0.5), p99Ms: quantile(sorted, 0.99) }
}
