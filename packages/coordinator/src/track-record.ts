import { type Hindsight, isNotable, type PlanKind } from '@cocoi/planner'
import type { Planned } from './planned.ts'

/** Answers of each kind of plan that count, the last ones; fewer than `least` say nothing. */
const kept = 8
const least = 4

/**
 * For so long, times the ratio, nobody forgets how a kind of plan turned out that is not used any more; then
 * it may be tried again. The worse it was, the later: a try costs in proportion.
 */
const forgetMs = 300_000

/** What a request took, and what the plan in use was predicted to take. */
interface Answer {
  readonly predictedMs: number
  readonly tookMs: number
}

interface Answers {
  /** Under which the last one was given, and what it was last predicted to take. */
  readonly planned: Planned
  readonly predictedMs: number
  readonly last: readonly Answer[]
  readonly at: number
}

/**
 * What one model's plans have really taken, over what was predicted, by kind of plan. Predictions are made
 * from many small measurements, and what these overlook may be most of it: a processor that is fast for
 * a millisecond and slow for a second, say. What was tried is known.
 */
export class TrackRecord {
  readonly #kinds = new Map<PlanKind, Answers>()

  /** A request was answered that nothing disturbed. */
  note(planned: Planned, answer: Answer, now: number): void {
    const { kind } = planned.plan
    const last = [...(this.#recent(kind, now)?.last ?? []), answer].slice(-kept)
    this.#kinds.set(kind, { planned, predictedMs: answer.predictedMs, last, at: now })
  }

  /** The last plan of each kind of which something is known. */
  plans(now: number): Planned[] {
    const known = [...this.#kinds.keys()].map(kind => this.#recent(kind, now)?.planned)
    return known.filter(planned => planned !== undefined)
  }

  /**
   * With what is measured now something else would be predicted for the last plan of a kind, and in proportion
   * for those before. Where that explains what answers took, nothing is left to be wise about; what it
   * explains worse than before was measured in another world and says nothing any more.
   */
  repredict(kind: PlanKind, predictedMs: number, now: number): void {
    const known = this.#recent(kind, now)
    this.#kinds.delete(kind)
    if (!known) return
    const change = predictedMs / known.predictedMs
    const anew = known.last.map(answer => ({ ...answer, predictedMs: answer.predictedMs * change }))
    const last = anew.filter(answer => {
      const ratio = ratioOf(answer)
      return !isNotable(ratio) || surprise(ratio) <= surprise(ratio * change)
    })
    if (last.length > 0) this.#kinds.set(kind, { ...known, predictedMs, last })
  }

  hindsight(now: number): Hindsight {
    const known = [...this.#kinds.keys()].flatMap(kind => {
      const last = this.#recent(kind, now)?.last ?? []
      return last.length < least ? [] : [[kind, typical(last)]]
    })
    return Object.fromEntries(known)
  }

  /** Whether a plan that was made with such hindsight would be made with another one now. */
  isNews(hindsight: Hindsight, now: number): boolean {
    const present = this.hindsight(now)
    const kinds = new Set([...Object.keys(present), ...Object.keys(hindsight)] as PlanKind[])
    return [...kinds].some(kind => isNotable((present[kind] ?? 1) / (hindsight[kind] ?? 1)))
  }

  #recent(kind: PlanKind, now: number): Answers | undefined {
    const known = this.#kinds.get(kind)
    return known && now - known.at < forgetMs * Math.max(1, typical(known.last)) ? known : undefined
  }
}

function ratioOf({ predictedMs, tookMs }: Answer): number {
  return tookMs / predictedMs
}

/** How far from the prediction, in either direction. */
function surprise(ratio: number): number {
  return Math.abs(Math.log(ratio))
}

/** Means are predicted, so it is one; without the largest, which may have had its own reason. */
function typical(answers: readonly Answer[]): number {
  const ratios = answers.map(ratioOf)
  const sorted = ratios.toSorted((a, b) => a - b).slice(0, Math.max(1, ratios.length - 1))
  return sorted.reduce((sum, ratio) => sum + ratio, 0) / Math.max(1, sorted.length)
}
