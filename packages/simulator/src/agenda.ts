interface Entry {
  readonly at: number
  /** Among equals the one that was entered first. */
  readonly order: number
  readonly action: () => void
}

/** Virtual time: what is to happen, the earliest first. */
export class Agenda {
  now = 0
  /** Events that have happened. */
  count = 0
  readonly #heap: Entry[] = []
  #order = 0

  at(instant: number, action: () => void): void {
    this.#heap.push({ at: Math.max(instant, this.now), order: this.#order++, action })
    this.#up(this.#heap.length - 1)
  }

  in(ms: number, action: () => void): void {
    this.at(this.now + ms, action)
  }

  /** Lets things happen until there is nothing left or `isOver`. */
  run(isOver: () => boolean): void {
    for (let entry = this.#pop(); entry; entry = isOver() ? undefined : this.#pop()) {
      this.now = entry.at
      this.count += 1
      entry.action()
    }
  }

  #pop(): Entry | undefined {
    const [first] = this.#heap
    const last = this.#heap.pop()
    if (last && this.#heap.length > 0) {
      this.#heap[0] = last
      this.#down(0)
    }
    return first
  }

  #up(index: number): void {
    const parent = (index - 1) >> 1
    if (index === 0 || !this.#isBefore(index, parent)) return
    this.#swap(index, parent)
    this.#up(parent)
  }

  #down(index: number): void {
    const [left, right] = [2 * index + 1, 2 * index + 2]
    let first = index
    if (left < this.#heap.length && this.#isBefore(left, first)) first = left
    if (right < this.#heap.length && this.#isBefore(right, first)) first = right
    if (first === index) return
    this.#swap(index, first)
    this.#down(first)
  }

  #isBefore(a: number, b: number): boolean {
    const [first, second] = [this.#heap[a]!, this.#heap[b]!]
    return first.at !== second.at ? first.at < second.at : first.order < second.order
  }

  #swap(a: number, b: number): void {
    ;[this.#heap[a], this.#heap[b]] = [this.#heap[b]!, this.#heap[a]!]
  }
}
