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

  /** Ends what the inference that is over might still have done to devices; the names of those who failed. */
  spare(): string[] {
    for (const timer of this.#timers) clearTimeout(timer)
    this.#timers = []
    return this.#struck.map(({ id }) => id)
  }

  /** Brings back who failed, which may take as long as starting a device. */
  async heal(): Promise<void> {
    const struck = this.#struck
    this.#struck = []
    await Promise.all(struck.map(one => (this.isHang ? one.thaw() : one.restart())))
  }

  /** Whether who fails falls silent, and goes on as it was when it is back. */
  get isHang(): boolean {
    return this.#scenario.failureKind === 'hang'
  }

  #fail(victim: VirtualDaemon): void {
    this.#struck.push(victim)
    if (this.isHang) victim.freeze()
    else victim.kill()
  }
}
