import type { Scenario } from '@cocoi/simulator'
import type { Cluster, VirtualDaemon } from '@cocoi/testbed'

/**
 * Makes devices fail in the course of an inference, as the scenario says, and brings them back: who and when
 * is drawn, both evenly.
 */
export class Victims {
  readonly #scenario: Scenario
  readonly #random: () => number
  #struck: VirtualDaemon[] = []
  #timers: NodeJS.Timeout[] = []

  /** @param random uniform in [0, 1) */
  constructor(scenario: Scenario, random: () => number) {
    this.#scenario = scenario
    this.#random = random
  }

  /** @param expectedMs how long the inference that has begun is likely to take */
  strike({ devices }: Cluster, expectedMs: number): void {
    const well = [...devices]
    const count = Math.min(this.#scenario.failures, well.length)
    for (let i = 0; i < count; i++) {
      const [victim] = well.splice(Math.floor(this.#random() * well.length), 1)
      const act = () => this.#fail(victim!)
      this.#timers.push(setTimeout(act, this.#random() * expectedMs))
    }
  }

  /** Whether there was somebody to be brought back, which takes as long as starting a device. */
  async heal(): Promise<boolean> {
    for (const timer of this.#timers) clearTimeout(timer)
    const struck = this.#struck
    this.#timers = []
    this.#struck = []
    const isFrozen = this.#scenario.failureKind === 'hang'
    await Promise.all(struck.map(one => (isFrozen ? one.thaw() : one.restart())))
    return struck.length > 0
  }

  #fail(victim: VirtualDaemon): void {
    this.#struck.push(victim)
    if (this.#scenario.failureKind === 'hang') victim.freeze()
    else victim.kill()
  }
}
