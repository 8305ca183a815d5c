import type { Machine } from '@cocoi/testbed'
import { runOn } from './run-on.ts'

/** What a convolution of known size showed. */
export interface ConvSpeed {
  /** By the clock. */
  readonly flopsPerS: number
  /** By the time that the processor gave it. */
  readonly flopsPerCpuS: number
}

/** Operations of one row of the convolution. */
const rowFlops = 2 * 56 * 256 * 256 * 9
const mostRows = 56
/** How long one convolution is to take, and how many there are. */
const target = { seconds: 0.25, times: 4 }

/** Measures a machine, with a convolution that takes about as long as a subtask. */
export async function convSpeed(
  machine: Machine,
  expected: { flopsPerS: number; runtimeFlopsPerS?: number | undefined },
): Promise<ConvSpeed> {
  const flopsPerS = expected.runtimeFlopsPerS ?? expected.flopsPerS
  const rows = Math.round((flopsPerS * target.seconds) / rowFlops)
  const args = [
    Math.min(mostRows, Math.max(2, rows)),
    target.times,
    expected.runtimeFlopsPerS ?? 0,
  ].map(String)
  const program = { file: new URL('./conv-program.js', import.meta.url), args }
  return JSON.parse(await runOn(machine, 'engine', program).output) as ConvSpeed
}
