import type { CocoiClient } from '@cocoi/client'

/** How long devices may take to be back; after that what is missing shows in the notes. */
const patienceMs = 30_000

/**
 * Watches how many devices the coordinator can use, since a plan that is made while one is missing,
 * or suspected because it was frozen, is one for fewer devices.
 */
export class FullFleet {
  readonly #devices: number
  readonly #waiting = new Set<() => void>()

  private constructor(devices: number) {
    this.#devices = devices
  }

  static async watch(client: CocoiClient, devices: number): Promise<FullFleet> {
    const fleet = new FullFleet(devices)
    await client.watch.coordinator(news => {
      if ('health' in news && news.health.devices.online >= fleet.#devices) fleet.#arrived()
    })
    return fleet
  }

  /** Resolves when a heartbeat that is still to come shows every device, or after a while anyway. */
  async complete(): Promise<void> {
    await new Promise<void>(resolve => {
      const timer = setTimeout(finish, patienceMs)
      const waiting = this.#waiting
      function finish() {
        clearTimeout(timer)
        waiting.delete(finish)
        resolve()
      }
      waiting.add(finish)
    })
  }

  #arrived(): void {
    for (const resolve of [...this.#waiting]) resolve()
  }
}
