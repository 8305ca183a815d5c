import { type Hindsight, isNotable, type PlanKind } from '@cocoi/planner'

/** Answers of each kind of plan that count, the last ones; fewer than `least` say nothing. */
const kept = 8
const least = 4

/**
 * For so long, times the ratio, nobody forgets how a kind of plan turned out that is not used any more; then
 * it may be tried again. The worse it was, the later: a try costs in proportion.
 */
const forgetMs = 300_000

/** What a request took under a plan, and what that was predicted to take. */
export interface Answer {
  readonly plan: object
  readonly predictedMs: number
  readonly tookMs: number
}

interface Answers {
  readonly last: readonly Answer[]
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
  note(kind: PlanKind, answer: Answer, now: number): void {
    this.#answers.set(kind, { last: [...this.#recent(kind, now), answer].slice(-kept), at: now })
  }

  /**
   * With what is measured now something else would have been predicted for this plan. What its answers took
   * remains true: where the new prediction explains it nothing is left to be wise about.
   */
  repredict(plan: object, predictedMs: number): void {
    for (const [kind, { last, at }] of this.#answers) {
      const anew = last.map(answer => (answer.plan === plan ? { ...answer, predictedMs } : answer))
      this.#answers.set(kind, { last: anew, at })
    }
  }

  hindsight(now: number): Hindsight {
    const known = [...this.#answers.keys()].flatMap(kind => {
      const recent = this.#recent(kind, now)
      return recent.length < least ? [] : [[kind, typical(recent)]]
    })
    return Object.fromEntries(known)
  }

  /** Whether a plan that was made with such hindsight would be made with another one now. */
  isNews(hindsight: Hindsight, now: number): boolean {
    const present = this.hindsight(now)
    const kinds = new Set([...Object.keys(present), ...Object.keys(hindsight)] as PlanKind[])
    return [...kinds].some(kind => isNotable((present[kind] ?? 1) / (hindsight[kind] ?? 1)))
  }

  #recent(kind: PlanKind, now: number): readonly Answer[] {
    const { last, at } = this.#answers.get(kind) ?? { last: [], at: now }
    return now - at < forgetMs * Math.max(1, typical(last)) ? last : []
  }
}

/** Means are predicted, so it is one; without the largest, which may have had its own reason. */
function typical(answers: readonly Answer[]): number {
  const ratios = answers.map(({ predictedMs, tookMs }) => tookMs / predictedMs)
  const sorted = ratios.toSorted((a, b) => a - b).slice(0, Math.max(1, ratios.length - 1))
  return sorted.reduce((sum, ratio) => sum + ratio, 0) / Math.max(1, sorted.length)
}
