import { PartitionError } from './errors.ts'
import type { Interval } from './window.ts'

/**
 * How `extent` output rows are cut into equal pieces. Coded pieces must have one shape, so what
 * does not divide is either left to the coordinator, which computes it while the devices work
 * (CoCoI's remainder), or covered by letting the last piece overlap its neighbour.
 */
export interface Split {
  readonly extent: number
  /** Rows of every piece. */
  readonly length: number
  /** First row of each piece; their count is the k that is used, at most the k that was asked. */
  readonly starts: readonly number[]
  /** Rows computed by the coordinator; empty when `begin === end`. */
  readonly rest: Interval
}

/**
 * Cuts `extent` rows into at most `k` pieces so that the slowest party has the fewest rows.
 *
 * With `extent = q·k + r` the remainder of r rows stays with the coordinator when r ≤ q (it then
 * ends no later than a device). Otherwise pieces of q+1 rows are used and the last one overlaps;
 * if fewer than k such pieces cover everything, fewer are used: they are no larger.
 *
 * @throws {PartitionError} ERR_BAD_SPLIT unless `1 ≤ k` and `1 ≤ extent`
 */
export function splitExtent(extent: number, k: number): Split {
  if (!(Number.isInteger(k) && Number.isInteger(extent) && k >= 1 && extent >= 1)) {
    throw new PartitionError('ERR_BAD_SPLIT', `cannot cut ${extent} rows into ${k} pieces`)
  }
  const quotient = Math.floor(extent / k)
  const remainder = extent - quotient * k
  if (remainder <= quotient) {
    return { ...evenly(extent, k, quotient), rest: { begin: extent - remainder, end: extent } }
  }
  const length = quotient + 1
  return {
    ...evenly(extent, Math.ceil(extent / length), length),
    rest: { begin: extent, end: extent },
  }
}

function evenly(extent: number, count: number, length: number): Omit<Split, 'rest'> {
  const starts = Array.from({ length: count }, (_, j) => Math.min(j * length, extent - length))
  return { extent, length, starts }
}

/** Rows at the beginning of piece `j` that its predecessor has already delivered. */
export function overlap(split: Split, j: number): number {
  return j * split.length - split.starts[j]!
}
