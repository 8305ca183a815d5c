/** Keeps what arrives, in order, for a reader who waits for it. */
export class Inbox<T> {
  readonly all: T[] = []
  #taken = new Set<T>()
  #arrived: (() => void)[] = []

  readonly put = (item: T): void => {
    this.all.push(item)
    for (const resolve of this.#arrived.splice(0)) resolve()
  }

  /** The first item like this that nobody has taken yet. */
  async take(like: (item: T) => boolean = () => true): Promise<T> {
    for (;;) {
      const item = this.all.find(one => !this.#taken.has(one) && like(one))
      if (item) {
        this.#taken.add(item)
        return item
      }
      await new Promise<void>(resolve => this.#arrived.push(resolve))
    }
  }
}
