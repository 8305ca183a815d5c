/** Takes what a listener threw or rejected with. */
export type OnFailure = (error: unknown) => void

/**
 * Calls foreign code: what it throws, or what the promise it returns rejects with, goes to
 * `onFailure` and never into the library that is reading the socket.
 */
export function callGuarded(call: () => unknown, onFailure: OnFailure): void {
  try {
    const result = call()
    if (result instanceof Promise) result.catch(onFailure)
  } catch (error) {
    onFailure(error)
  }
}

/** Functions that are called with each value, in the order they were added. */
export class GuardedListeners<T> {
  readonly #listeners = new Set<{ readonly call: (value: T) => void }>()
  readonly #onFailure: OnFailure

  constructor(onFailure: OnFailure) {
    this.#onFailure = onFailure
  }

  /** @returns a function that ends the calls */
  add(call: (value: T) => void): () => void {
    const listener = { call }
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  emit(value: T): void {
    for (const { call } of [...this.#listeners]) callGuarded(() => call(value), this.#onFailure)
  }
}
