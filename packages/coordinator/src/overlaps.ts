/** A request that is being answered. */
export interface Run {
  /** Whether no other has been answered at the same time, so far. */
  readonly isAlone: boolean
  end(): void
}

/** Tells requests that had all devices for themselves from those that had to share them. */
export class Overlaps {
  readonly #running = new Set<{ isAlone: boolean }>()

  begin(): Run {
    const state = { isAlone: this.#running.size === 0 }
    for (const other of this.#running) other.isAlone = false
    this.#running.add(state)
    return {
      get isAlone() {
        return state.isAlone
      },
      end: () => this.#running.delete(state),
    }
  }
}
