import type { StagePhases } from './inference-run.ts'

/** Means of the phases of every stage. */
export class PhaseMeans {
  readonly #sums = new Map<number, { count: number; sum: Omit<StagePhases, 'id'> }>()

  add({ id, headMs, waitMs, decodeMs }: StagePhases): void {
    const { count, sum } = this.#sums.get(id) ?? { count: 0, sum: nothing }
    const next = {
      headMs: sum.headMs + headMs,
      waitMs: sum.waitMs + waitMs,
      decodeMs: sum.decodeMs + decodeMs,
    }
    this.#sums.set(id, { count: count + 1, sum: next })
  }

  get stages(): readonly StagePhases[] {
    return [...this.#sums].map(([id, { count, sum }]) => ({
      id,
      headMs: sum.headMs / count,
      waitMs: sum.waitMs / count,
      decodeMs: sum.decodeMs / count,
    }))
  }
}

const nothing = { headMs: 0, waitMs: 0, decodeMs: 0 }
