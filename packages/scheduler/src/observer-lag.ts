/**
 * L of {@link Membership}: how late the observer itself was lately. The worst lag noted counts, and
 * what remains of it halves with every `halfLifeMs`.
 */
export class ObserverLag {
  readonly #halfLifeMs: number
  #lagMs = 0
  #notedAt = 0

  constructor(halfLifeMs: number) {
    this.#halfLifeMs = halfLifeMs
  }

  at(now: number): number {
    return this.#lagMs === 0 ? 0 : this.#lagMs * 2 ** ((this.#notedAt - now) / this.#halfLifeMs)
  }

  note(lagMs: number, now: number): void {
    if (lagMs <= this.at(now)) return
    this.#lagMs = lagMs
    this.#notedAt = now
  }
}
