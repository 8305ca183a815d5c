import { type Code, Decoder } from '@cocoi/coding'

/** How far a stage got with the results that came first. */
export interface Completion {
  /** Results that were needed. */
  readonly needed: number
  /** Pieces that have to be solved for. */
  readonly missing: number
}

/** Tells from the rows in the order in which they came back, all that were sent, when the stage was complete. */
export type CompletionRule = (order: ArrayLike<number>) => Completion

/**
 * The rule of a code. The schemes whose span can be counted are counted; for the others the decoder
 * is asked, once for every set of rows. Where not even all rows can be decoded (too noisy, or an LT
 * code out of luck) all of them are needed, and the scheduler will add recovery rows.
 */
export function completionRule(
  code: Code,
  maxAmplification = Number.POSITIVE_INFINITY,
): CompletionRule {
  const { scheme, n, k } = code
  if (scheme.type === 'uncoded') return () => ({ needed: n, missing: 0 })
  if (scheme.type === 'replication') return replicas(k)
  return scheme.type === 'mds' ? anyRows(k) : asksDecoder(code, maxAmplification)
}

function replicas(k: number): CompletionRule {
  return order => {
    const pieces = new Set<number>()
    for (let i = 0; i < order.length; i++) {
      pieces.add(order[i]! % k)
      if (pieces.size === k) return { needed: i + 1, missing: 0 }
    }
    return { needed: order.length, missing: 0 }
  }
}

function anyRows(k: number): CompletionRule {
  return order => {
    let missing = 0
    for (let i = 0; i < k; i++) if (order[i]! >= k) missing++
    return { needed: k, missing }
  }
}

function asksDecoder(code: Code, maxAmplification: number): CompletionRule {
  const decoder = new Decoder(code, { maxAmplification })
  const { k } = code
  return order => {
    for (let needed = k; needed <= order.length; needed++) {
      const rows = Array.from({ length: needed }, (_, i) => order[i]!)
      const decoding = decoder.decode(rows)
      if (decoding) return { needed, missing: decoding.missing.length }
    }
    return { needed: order.length, missing: k }
  }
}
