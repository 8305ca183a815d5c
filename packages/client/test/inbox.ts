/** Keeps what arrives, in order, for a reader who waits for it. */
export class Inbox<T> {
  readonly all: T[] = []
  #read = 0
  #arrived: (() => void)[] = []

  readonly put = (item: T): void => {
    this.all.push(item)
    for (const resolve of this.#arrived.splice(0)) resolve()
  }

  /** The next item nobody has read yet. */
  async next(): Promise<T> {
    while (this.#read === this.all.length) {
      await new Promise<void>(resolve => this.#arrived.push(resolve))
    }
    this.#read += 1
    return this.all[this.#read - 1]!
  }

  /** The next item like this; those before it are passed over. */
  async find(like: (item: T) => boolean): Promise<T> {
    for (;;) {
      const item = await this.next()
      if (like(item)) return item
    }
  }
}
