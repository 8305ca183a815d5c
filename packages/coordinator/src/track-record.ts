import { type Hindsight, isNotable, type PlanKind } from '@cocoi/planner'

/** Answers of each kind of plan that count, the last ones; fewer than `least` say nothing. */
const kept = 8
const least = 4

/**
 * For so long, times the ratio, nobody forgets how a kind of plan turned out that is not used any more; then
 * it may be tried again. The worse it was, the later: a try costs in proportion.
 */
const forgetMs = 300_000

interface Answers {
  readonly ratios: readonly number[]
  readonly at: number
}

/**
 * What one model's plans have really taken, over what was predicted, by kind of plan. Predictions are made
 * from many small measurements, and what these overlook may be most of it: a processor that is fast for
 * a millisecond and slow for a second, say. What was tried is known.
 */
export class TrackRecord {
  readonly #answers = new Map<PlanKind, Answers>()

  /** A request was answered that nothing disturbed. */
  note(kind: PlanKind, answer: { predictedMs: number; tookMs: number }, now: number): void {
    const ratio = answer.tookMs / answer.predictedMs
    this.#answers.set(kind, { ratios: [...this.#recent(kind, now), ratio].slice(-kept), at: now })
  }

  /** The answers so far say nothing any more. */
  forget(kind: PlanKind): void {
    this.#answers.delete(kind)
  }

  hindsight(now: number): Hindsight {
    const known = [...this.#answers.keys()].flatMap(kind => {
      const ratios = this.#recent(kind, now)
      return ratios.length < least ? [] : [[kind, typical(ratios)]]
    })
    return Object.fromEntries(known)
  }

  /** Whether a plan that was made with such hindsight would be made with another one now. */
  isNews(hindsight: Hindsight, now: number): boolean {
    const present = this.hindsight(now)
    const kinds = new Set([...Object.keys(present), ...Object.keys(hindsight)] as PlanKind[])
    return [...kinds].some(kind => isNotable((present[kind] ?? 1) / (hindsight[kind] ?? 1)))
  }

  #recent(kind: PlanKind, now: number): readonly number[] {
    const { ratios, at } = this.#answers.get(kind) ?? { ratios: [], at: now }
    return now - at < forgetMs * Math.max(1, typical(ratios)) ? ratios : []
  }
}

/** Means are predicted, so it is one; without the largest, which may have had its own reason. */
function typical(ratios: readonly number[]): number {
  const sorted = ratios.toSorted((a, b) => a - b).slice(0, Math.max(1, ratios.length - 1))
  return sorted.reduce((sum, ratio) => sum + ratio, 0) / Math.max(1, sorted.length)
}
