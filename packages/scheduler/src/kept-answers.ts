export interface KeptAnswersLimits {
  readonly rememberMs: number
  readonly maxRemembered: number
  readonly maxRememberedBytes: number
}

interface Kept {
  readonly bytes: number
  readonly until: number
}

/** Which answers are kept for requests that come again, for how long; bounded in count and bytes. */
export class KeptAnswers {
  readonly #limits: KeptAnswersLimits
  /** Oldest first. */
  readonly #kept = new Map<string, Kept>()
  #bytes = 0

  constructor(limits: KeptAnswersLimits) {
    this.#limits = limits
  }

  get bytes(): number {
    return this.#bytes
  }

  get keys(): readonly string[] {
    return [...this.#kept.keys()]
  }

  /** When the oldest one has been kept long enough. */
  get deadline(): number | undefined {
    return this.#oldest?.[1].until
  }

  has(key: string): boolean {
    return this.#kept.has(key)
  }

  keep(key: string, bytes: number, now: number): void {
    this.#kept.set(key, { bytes, until: now + this.#limits.rememberMs })
    this.#bytes += bytes
  }

  /** Those that are old, or too many, are kept no longer. */
  takeOld(now: number): readonly string[] {
    const old: string[] = []
    for (;;) {
      const [key, { bytes, until }] = this.#oldest ?? ['', { bytes: 0, until: Infinity }]
      if (until > now && !this.#isOverfull) return old
      this.#kept.delete(key)
      this.#bytes -= bytes
      old.push(key)
    }
  }

  get #oldest(): [string, Kept] | undefined {
    return this.#kept.entries().next().value
  }

  get #isOverfull(): boolean {
    const { maxRemembered, maxRememberedBytes } = this.#limits
    return this.#kept.size > maxRemembered || this.#bytes > maxRememberedBytes
  }
}
