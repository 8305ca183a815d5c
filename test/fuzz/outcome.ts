/** What must never happen, and with which payload it did. */
export interface Finding {
  readonly parser: string
  /** Number of the payload; with the seed it makes the payload again. */
  readonly index: number
  /**
   * - `crash` something other than a value or a refusal of the parser's own kind
   * - `slow` many times the time of a sound payload of this length
   * - `greedy` much more memory than the length of the payload justifies
   * - `growth` more and more memory is kept
   * - `hang` no answer; the thread was ended
   */
  readonly kind: 'crash' | 'slow' | 'greedy' | 'growth' | 'hang'
  readonly message: string
  /** The first bytes, in hexadecimal. */
  readonly payload: string
}

/** What became of the payloads of one parser. */
export interface Outcome {
  readonly parser: string
  readonly payloads: number
  readonly values: number
  /** By code. */
  readonly refused: Readonly<Record<string, number>>
  readonly findings: readonly Finding[]
  /** Time of the slowest payload in ms, and in times of the slowest sound one of its length. */
  readonly slowest: { readonly ms: number; readonly times: number }
}
