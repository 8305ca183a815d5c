import { createCode, Decoder, type Scheme } from '@cocoi/coding'
import type { StageOptions } from '@cocoi/scheduler'

/** What a stage must know of a code, from the code itself. */
export function realCode(
  scheme: Scheme,
  maxAmplification = Number.POSITIVE_INFINITY,
): Pick<StageOptions, 'rows' | 'recoveryRows' | 'decodable'> {
  const code = createCode(scheme)
  const decoder = new Decoder(code, { maxAmplification })
  return {
    rows: code.n,
    recoveryRows: Array.from({ length: code.k }, (_, j) => code.n + j),
    decodable: rows => decoder.decode(rows) !== undefined,
  }
}

/** `mds:6,4`, `uncoded:4`, `replication:2,2` (k, r), `lt:6,4,1` (n, k, seed). */
export function parseScheme(text: string): Scheme {
  const [type, numbers] = text.split(':') as [string, string]
  const [a, b, seed] = numbers.split(',').map(Number) as [number, number, number]
  switch (type) {
    case 'uncoded':
      return { type, k: a }
    case 'replication':
      return { type, k: a, r: b }
    case 'mds':
    case 'vandermonde':
      return { type, n: a, k: b }
    case 'lt':
      return { type, n: a, k: b, seed }
    default:
      throw new RangeError(`unknown scheme ${text}`)
  }
}
