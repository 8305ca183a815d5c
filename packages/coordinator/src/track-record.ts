import type { Hindsight, PlanKind } from '@cocoi/planner'

/** Answers of each kind of plan that count, the last ones; fewer than `least` say nothing. */
const kept = 5
const least = 3

/** For so long nobody forgets how a kind of plan turned out; then it may be tried again. */
const forgetMs = 3_600_000

/** Figures that differ by less are no reason to plan anew. */
const notable = 1.3

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

  /** A request was answered, with no other beside it. */
  note(kind: PlanKind, answer: { predictedMs: number; tookMs: number }, now: number): void {
    const before = this.#recent(kind, now)
    const ratios = [...before, answer.tookMs / answer.predictedMs].slice(-kept)
    this.#answers.set(kind, { ratios, at: now })
  }

  hindsight(now: number): Hindsight {
    const known = [...this.#answers.keys()].flatMap(kind => {
      const ratios = this.#recent(kind, now).toSorted((a, b) => a - b)
      return ratios.length < least ? [] : [[kind, ratios[ratios.length >> 1]!]]
    })
    return Object.fromEntries(known)
  }

  /** Whether a plan that was made with such hindsight would be made with another one now. */
  isNews(hindsight: Hindsight, now: number): boolean {
    const present = this.hindsight(now)
    const kinds = new Set([...Object.keys(present), ...Object.keys(hindsight)] as PlanKind[])
    return [...kinds].some(kind => {
      const ratio = (present[kind] ?? 1) / (hindsight[kind] ?? 1)
      return ratio > notable || ratio * notable < 1
    })
  }

  #recent(kind: PlanKind, now: number): readonly number[] {
    const answers = this.#answers.get(kind)
    return answers && now - answers.at < forgetMs ? answers.ratios : []
  }
}
