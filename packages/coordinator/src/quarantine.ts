/** When a device was found out, by the observer's clock. */
interface Sentence {
  readonly since: number
  readonly reason: string
}

/**
 * Devices that have returned wrong numbers and get no work. One that was started anew since then has
 * read its model again and may do better: until an audit finds it out once more.
 */
export class Quarantine {
  readonly #sentences = new Map<string, Sentence>()

  /** @returns false if it is in quarantine already */
  add(device: string, reason: string, now: number): boolean {
    if (this.#sentences.has(device)) return false
    this.#sentences.set(device, { since: now, reason })
    return true
  }

  has(device: string): boolean {
    return this.#sentences.has(device)
  }

  /** Why devices are here, by name. */
  get reasons(): ReadonlyMap<string, string> {
    return new Map([...this.#sentences].map(([device, { reason }]) => [device, reason]))
  }

  /** The device says how long it has been running; true if that sets it free. */
  hear(device: string, uptimeS: number, now: number): boolean {
    const sentence = this.#sentences.get(device)
    if (!sentence || now - 1000 * uptimeS < sentence.since) return false
    return this.#sentences.delete(device)
  }
}
