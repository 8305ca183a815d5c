import type { FuzzedParser } from './fuzzed-parser.ts'
import { liveBytes } from './heap.ts'
import type { Finding, Outcome } from './outcome.ts'
import { payload } from './payload.ts'
import { measureReference, type Reference } from './reference.ts'
import { attempt, type Trial } from './trial.ts'

/** A payload that takes this many times a sound one of its length is too slow. */
const maxTimes = 100

/** Beyond this it is run again to see whether chance delayed it. */
const doubtfulTimes = 5

/**
 * Bytes that may be kept more after each quarter of the payloads than after the one before. A cache
 * or a stack that grows once and then stays is none of it.
 */
const maxGrowthBytes = 1024 * 1024

/** Findings of one parser that are kept. */
const maxFindings = 20

export interface FuzzOptions {
  readonly count: number
  readonly seed: number
  /** First payload; those before it are left out. */
  readonly first?: number
  /** Told the number of each payload before it is parsed. */
  readonly onPayload?: (index: number) => void
}

/** Feeds one parser with damaged payloads and says what became of them. */
export async function fuzzParser(parser: FuzzedParser, options: FuzzOptions): Promise<Outcome> {
  const run = new Run(parser, await measureReference(parser), options)
  await run.finish()
  return run.outcome()
}

class Run {
  readonly #parser: FuzzedParser
  readonly #reference: Reference
  readonly #options: FuzzOptions
  readonly #refused = new Map<string, number>()
  readonly #findings: Finding[] = []
  #payloads = 0
  #values = 0
  #slowest = { ms: 0, times: 0 }

  constructor(parser: FuzzedParser, reference: Reference, options: FuzzOptions) {
    this.#parser = parser
    this.#reference = reference
    this.#options = options
  }

  async finish(): Promise<void> {
    const { count, first = 0 } = this.#options
    const kept: number[] = []
    for (let quarter = 1; quarter <= 4; quarter += 1) {
      const end = first + Math.ceil(((count - first) * quarter) / 4)
      for (let index = first + this.#payloads; index < end; index += 1) await this.#try(index)
      kept.push(await liveBytes())
    }
    const growth = Math.min(...kept.slice(1).map((bytes, i) => bytes - kept[i]!))
    if (growth > maxGrowthBytes) {
      this.#find('growth', count - 1, `${growth} bytes more are kept after every quarter`)
    }
  }

  outcome(): Outcome {
    return {
      parser: this.#parser.name,
      payloads: this.#payloads,
      values: this.#values,
      refused: Object.fromEntries([...this.#refused].sort(([, a], [, b]) => b - a)),
      findings: this.#findings,
      slowest: this.#slowest,
    }
  }

  async #try(index: number): Promise<void> {
    this.#options.onPayload?.(index)
    const made = payload(this.#parser, this.#options.seed, index)
    const trial = await attempt(this.#parser, made)
    this.#payloads += 1
    if (trial.crash !== undefined) this.#find('crash', index, trial.crash)
    else if (trial.code === undefined) this.#values += 1
    else this.#refused.set(trial.code, (this.#refused.get(trial.code) ?? 0) + 1)
    const { length } = made.bytes
    await this.#judgeTime(index, length, trial)
    await this.#judgeMemory(index, length, trial)
  }

  /** Chance delays a run, never makes it quicker: what stays slow when it is repeated is slow. */
  async #judgeTime(index: number, length: number, { ms }: Trial): Promise<void> {
    const limit = this.#reference(length)
    let best = ms
    for (let round = 0; round < 5 && best > limit * doubtfulTimes; round += 1) {
      best = Math.min(best, (await this.#again(index)).ms)
    }
    const times = best / limit
    if (times > this.#slowest.times) this.#slowest = { ms: best, times }
    if (times > maxTimes)
      this.#find(
        'slow',
        index,
        `${length} bytes took ${Math.round(times)} times as long as sound ones`,
      )
  }

  async #judgeMemory(index: number, length: number, { bytes }: Trial): Promise<void> {
    const { ownBytes = 512 * 1024, bytesPerByte = 256 } = this.#parser
    const limit = ownBytes + length * bytesPerByte
    let least = bytes
    for (let round = 0; round < 3 && least > limit; round += 1) {
      least = Math.min(least, (await this.#again(index)).bytes)
    }
    if (least > limit) this.#find('greedy', index, `${length} bytes took ${least} bytes of memory`)
  }

  #again(index: number): Promise<Trial> {
    return attempt(this.#parser, payload(this.#parser, this.#options.seed, index))
  }

  #find(kind: Finding['kind'], index: number, message: string): void {
    if (this.#findings.length >= maxFindings) return
    const { bytes } = payload(this.#parser, this.#options.seed, index)
    const shown = Buffer.from(bytes.subarray(0, 200)).toString('hex')
    this.#findings.push({ parser: this.#parser.name, kind, index, message, payload: shown })
  }
}
