export interface Memory {
  /** Figures that are remembered. */
  readonly kept: number
  readonly forgetMs: number
}

/** Fewer say nothing. */
const least = 8

/** The last figures of something that is measured again and again. */
export class RecentFigures<F = number> {
  readonly #memory: Memory
  #all: readonly { readonly figure: F; readonly at: number }[] = []

  constructor(memory: Memory) {
    this.#memory = memory
  }

  note(figure: F, now: number): void {
    this.#all = [...this.#all, { figure, at: now }].slice(-this.#memory.kept)
  }

  /** Those that are not forgotten; undefined if they are too few to say anything. */
  recent(now: number): F[] | undefined {
    const recent = this.#all.filter(({ at }) => now - at < this.#memory.forgetMs)
    return recent.length < least ? undefined : recent.map(({ figure }) => figure)
  }
}

export function meanOf(figures: readonly number[]): number {
  return figures.reduce((sum, figure) => sum + figure, 0) / figures.length
}
