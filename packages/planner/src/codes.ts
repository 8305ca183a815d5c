import { type Code, createCode, type Scheme, worstAmplification } from '@cocoi/coding'
import { type CompletionRule, completionRule } from './completion.ts'

/** Rows and spare rows beyond which no MDS code with more than one spare is quiet. */
const [mostRows, mostSpares] = [64, 12]

/** Survivor sets looked at for a code's noise. */
const maxSets = 60

/** The codes of one planning: each is built, and asked what it can do, once. */
export class Codes {
  readonly #maxAmplification: number
  readonly #codes = new Map<string, Code>()
  readonly #rules = new Map<string, CompletionRule>()
  readonly #quiet = new Map<string, boolean>()

  /** @param maxAmplification noise amplification up to which survivors are decoded */
  constructor(maxAmplification = Number.POSITIVE_INFINITY) {
    this.#maxAmplification = maxAmplification
  }

  /** @throws {CodingError} ERR_BAD_SCHEME */
  get(scheme: Scheme): Code {
    return remember(this.#codes, scheme, () => createCode(scheme))
  }

  /** When a stage under this code is complete. */
  rule(code: Code): CompletionRule {
    return remember(this.#rules, code.scheme, () => completionRule(code, this.#maxAmplification))
  }

  /** Whether even the worst survivors of the code are decoded (A ≤ √3 with one spare row). */
  isQuiet(scheme: Scheme): boolean {
    if (scheme.type === 'uncoded' || scheme.type === 'replication') return true
    const spares = scheme.n - scheme.k
    if (spares <= 1 || scheme.k === 1) return scheme.type === 'mds'
    if (spares > mostSpares || scheme.n > mostRows) return false
    return remember(this.#quiet, scheme, () => {
      const { amplification } = worstAmplification(this.get(scheme), { maxSets })
      return amplification <= this.#maxAmplification
    })
  }
}

function remember<T>(known: Map<string, T>, scheme: Scheme, make: () => T): T {
  const key = Object.values(scheme).join()
  const value = known.get(key) ?? make()
  known.set(key, value)
  return value
}
