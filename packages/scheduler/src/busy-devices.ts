interface Work {
  /** Subtasks that were sent and neither answered nor cancelled. */
  open: number
  /** When the device is predicted to be through with all it was ever sent. */
  freeAt: number
}

/**
 * Who is at work, over all stages of all inferences, as far as that can be known from what was sent and
 * what has come back. A subtask that is cancelled may have begun, and nobody tells when it ends: until
 * its predicted end the device counts as busy.
 */
export class BusyDevices {
  readonly #works = new Map<string, Work>()

  /** A subtask is sent that is predicted to take `ms`. */
  sent(device: string, ms: number, now: number): void {
    const { open, freeAt } = this.#works.get(device) ?? { open: 0, freeAt: now }
    this.#works.set(device, { open: open + 1, freeAt: Math.max(freeAt, now) + ms })
  }

  /** When it is predicted to be through with all it was sent; `now` if it has nothing to do. */
  freeAt(device: string, now: number): number {
    return Math.max(now, this.#works.get(device)?.freeAt ?? now)
  }

  /** One was answered; with nothing else to do the device is free. */
  answered(device: string, now: number): void {
    const work = this.#works.get(device)
    if (!work) return
    work.open -= 1
    if (work.open <= 0) this.#works.delete(device)
    else work.freeAt = Math.max(now, work.freeAt)
  }

  /** The answer to one is not awaited any more. */
  dropped(device: string, now: number): void {
    const work = this.#works.get(device)
    if (!work) return
    work.open = Math.max(0, work.open - 1)
    if (work.open === 0 && work.freeAt <= now) this.#works.delete(device)
  }

  /** Whether it has a subtask, or is predicted to be at one that was cancelled. */
  isBusy(device: string, now: number): boolean {
    const work = this.#works.get(device)
    return work !== undefined && (work.open > 0 || work.freeAt > now)
  }

  /** It is gone, and what it had with it. */
  lost(device: string): void {
    this.#works.delete(device)
  }

  /**
   * Devices in the order in which they would be through with one subtask more; those of which nothing
   * else is known keep their order.
   *
   * @param msOn predicted time of that subtask on a device
   */
  byEnd(devices: readonly string[], msOn: (device: string) => number, now: number): string[] {
    const ends = devices.map(device => {
      return { device, end: this.freeAt(device, now) + msOn(device) }
    })
    return ends.sort((a, b) => a.end - b.end).map(({ device }) => device)
  }
}
