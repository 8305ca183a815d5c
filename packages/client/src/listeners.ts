/** Functions that are told of every value; one that throws does not keep it from the others. */
export class Listeners<T> {
  readonly #listeners = new Set<{ readonly call: (value: T) => void }>()

  /** @returns a function that ends the calls */
  add(call: (value: T) => void): () => void {
    const listener = { call }
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  /** @throws the first error of a listener, once all were told */
  emit(value: T): void {
    const errors: unknown[] = []
    for (const { call } of [...this.#listeners]) {
      try {
        call(value)
      } catch (error) {
        errors.push(error)
      }
    }
    if (errors.length > 0) throw errors[0]
  }
}
