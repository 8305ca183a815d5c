/**
 * One piece of work that several callers wait for. Each may leave by its own signal; the work is
 * aborted when the last one has left.
 */
export class SharedFetch {
  /** Resolves when the work has ended in any way. */
  readonly settled: Promise<void>
  readonly #controller = new AbortController()
  readonly #result: Promise<string>
  #callers = 0

  constructor(work: (signal: AbortSignal) => Promise<string>) {
    this.#result = work(this.#controller.signal)
    this.settled = this.#result.then(
      () => undefined,
      () => undefined,
    )
  }

  /** Whether the work is winding down, so that nobody can join any more. */
  get aborted(): boolean {
    return this.#controller.signal.aborted
  }

  abort(reason: unknown): void {
    this.#controller.abort(reason)
  }

  /** @throws the signal's reason, or what the work failed with */
  async join(signal?: AbortSignal): Promise<string> {
    signal?.throwIfAborted()
    this.#callers += 1
    const left = leaving(signal)
    try {
      return await Promise.race([this.#result, ...left.promises])
    } finally {
      left.forget()
      this.#callers -= 1
      if (this.#callers === 0) this.abort(signal?.reason)
    }
  }
}

function leaving(signal: AbortSignal | undefined) {
  if (!signal) return { promises: [], forget: () => undefined }
  let leave = () => {}
  const left = new Promise<never>((_, reject) => {
    leave = () => reject(signal.reason)
  })
  signal.addEventListener('abort', leave, { once: true })
  return { promises: [left], forget: () => signal.removeEventListener('abort', leave) }
}
