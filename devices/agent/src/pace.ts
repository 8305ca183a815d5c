/**
 * Imitates a slower device: a computation takes `stretch` times as long as onnxruntime would take for it
 * alone. That is its time on the clock or its CPU time, whichever is less: the clock also counts imitated
 * devices that share the cores of one machine, the CPU time also counts the rest of this process.
 */
export class Pace {
  readonly #stretch: number
  readonly #threads: number

  /** @param threads that one computation uses */
  constructor(stretch: number, threads: number) {
    this.#stretch = stretch
    this.#threads = threads
  }

  /** Does the work, waits as long as a slower device would need for it, and tells how long it took. */
  async take<T extends { readonly runMs: number }>(
    work: () => Promise<T>,
  ): Promise<{ result: T; ms: number }> {
    const startedAt = performance.now()
    const before = process.cpuUsage()
    const result = await work()
    const ms = performance.now() - startedAt
    if (this.#stretch <= 1) return { result, ms }
    const { user, system } = process.cpuUsage(before)
    const cpuMs = (user + system) / 1000 / this.#threads
    const aloneMs = Math.min(result.runMs, cpuMs)
    await delay(aloneMs * this.#stretch - ms)
    return { result, ms: performance.now() - startedAt }
  }
}

function delay(ms: number): Promise<void> | undefined {
  if (ms <= 0) return undefined
  return new Promise(resolve => {
    setTimeout(resolve, ms)
  })
}
