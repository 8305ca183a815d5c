/** After so much computing half of what was seen is forgotten. */
const halfLifeS = 1000

/** Computing without a failure that is taken for granted: one failure in little time says little. */
const takenS = 100

/**
 * Measures how often a device dies at work. Deaths are rare, so all devices are taken for equally frail;
 * and who computes for longer has more time to die.
 */
export class FailureMeter {
  #seconds = 0
  #failures = 0

  /** A device was asked for something that it computes for so long. */
  sent(ms: number): void {
    const seconds = ms / 1000
    const left = 0.5 ** (seconds / halfLifeS)
    this.#seconds = this.#seconds * left + seconds
    this.#failures *= left
  }

  /** One that was at work is gone. */
  failed(): void {
    this.#failures += 1
  }

  /** Deaths per second of computing. */
  get perS(): number {
    return this.#failures / (this.#seconds + takenS)
  }
}
