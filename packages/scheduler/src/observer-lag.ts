/**
 * L of {@link Membership}: how late the observer itself was lately. The worst lag noted counts, and
 * what remains of it halves with every heartbeat's time. Less than a tenth of that is no lag: no
 * timer is quite on time.
 */
export class ObserverLag {
  readonly #heartbeatMs: number
  #lagMs = 0
  #notedAt = 0

  constructor(heartbeatMs: number) {
    this.#heartbeatMs = heartbeatMs
  }

  at(now: number): number {
    return this.#lagMs === 0 ? 0 : this.#lagMs * 2 ** ((this.#notedAt - now) / this.#heartbeatMs)
  }

  note(lagMs: number, now: number): void {
    if (lagMs <= Math.max(this.at(now), this.#heartbeatMs / 10)) return
    this.#lagMs = lagMs
    this.#notedAt = now
  }
}
