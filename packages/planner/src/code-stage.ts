import type { Scheme } from '@cocoi/coding'
import { type StageLayout, splitExtent, type TransportType } from '@cocoi/partition'
import type { Codes } from './codes.ts'
import { withPieces } from './resolve-scheme.ts'
import type { LoadOptions } from './stage-load.ts'

/** A stage under a scheme; one that has fewer rows than the scheme wants pieces is cut into fewer. */
export function codeStage(
  layout: StageLayout,
  scheme: Scheme,
  { codes, transport }: { codes: Codes; transport: TransportType },
  rowsPerDevice?: readonly number[],
): LoadOptions {
  const split = splitExtent(layout.extent, scheme.k)
  const code = codes.get(withPieces(scheme, split.starts.length))
  return { layout, split, code, transport, rowsPerDevice }
}
