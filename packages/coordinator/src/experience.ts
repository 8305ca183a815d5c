import { type Fleet, FleetRange } from '@cocoi/planner'

/**
 * What scatters comes back to where it was: a plan that was good at both ends is taken to be good between
 * them for this time. Not for ever, since two devices may be slow together that were slow in turn.
 */
const familiarMs = 60_000

/** For which fleets a plan has been found good. */
export class Experience {
  readonly #all: FleetRange
  #last: FleetRange
  #confirmedAt: number

  /** @param fleet the one it was made for */
  constructor(fleet: Fleet, now: number) {
    this.#all = new FleetRange(fleet)
    this.#last = new FleetRange(fleet)
    this.#confirmedAt = now
  }

  /** Whether the plan is to be looked at again. */
  isNews(fleet: Fleet, now: number): boolean {
    if (this.#last.covers(fleet)) return false
    return !this.#all.covers(fleet) || now - this.#confirmedAt >= familiarMs
  }

  /** It is good for this one too. */
  confirm(fleet: Fleet, now: number): void {
    this.#all.widen(fleet)
    this.#last = new FleetRange(fleet)
    this.#confirmedAt = now
  }
}
