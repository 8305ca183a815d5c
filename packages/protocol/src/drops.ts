import type { TopicKind } from './topic-table.ts'

/** How many messages of one kind were dropped for one reason. */
export interface DropCount {
  readonly kind: TopicKind | 'unknown'
  readonly code: string
  readonly count: number
}

/** Counts of messages that were dropped, by kind of topic and reason. */
export class Drops {
  readonly #counts = new Map<string, DropCount>()
  #total = 0

  /** Messages dropped so far. */
  get total(): number {
    return this.#total
  }

  /** Counts one dropped message and returns how many of this kind and reason there were so far. */
  count(kind: TopicKind | 'unknown', code: string): number {
    const key = `${kind} ${code}`
    const count = (this.#counts.get(key)?.count ?? 0) + 1
    this.#counts.set(key, { kind, code, count })
    this.#total += 1
    return count
  }

  /** The counts so far, in the order in which the reasons first occurred. */
  snapshot(): DropCount[] {
    return [...this.#counts.values()]
  }
}

/**
 * Whether the `count`-th drop of its kind deserves a line in the log: the 1st, 10th, 100th and so on,
 * so a flood of garbage costs a handful of lines without anyone reading a clock.
 */
export function isWorthLogging(count: number): boolean {
  return Number.isInteger(Math.log10(count))
}
