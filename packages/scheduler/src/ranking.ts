/**
 * A set that knows its foremost member at any time: a binary heap that finds its members again.
 * Placing and deleting take O(log n).
 */
export class Ranking<T> {
  /** Negative if the first one comes before the second one. */
  readonly #compare: (a: T, b: T) => number
  readonly #heap: T[] = []
  readonly #indices = new Map<T, number>()

  constructor(compare: (a: T, b: T) => number) {
    this.#compare = compare
  }

  get first(): T | undefined {
    return this.#heap[0]
  }

  get size(): number {
    return this.#heap.length
  }

  /** Adds a member, or moves it to where it belongs since it has changed. */
  place(member: T): void {
    const index = this.#indices.get(member) ?? this.#heap.length
    this.#down(this.#up(this.#put(member, index)))
  }

  delete(member: T): void {
    const index = this.#indices.get(member)
    if (index === undefined) return
    this.#indices.delete(member)
    const last = this.#heap.pop()!
    if (last !== member) this.#down(this.#up(this.#put(last, index)))
  }

  #put(member: T, index: number): number {
    this.#heap[index] = member
    this.#indices.set(member, index)
    return index
  }

  #up(index: number): number {
    const parent = (index - 1) >> 1
    if (index === 0 || !this.#isBefore(index, parent)) return index
    this.#swap(index, parent)
    return this.#up(parent)
  }

  #down(index: number): void {
    const [left, right] = [2 * index + 1, 2 * index + 2]
    let first = index
    if (left < this.size && this.#isBefore(left, first)) first = left
    if (right < this.size && this.#isBefore(right, first)) first = right
    if (first === index) return
    this.#swap(index, first)
    this.#down(first)
  }

  #isBefore(a: number, b: number): boolean {
    return this.#compare(this.#heap[a]!, this.#heap[b]!) < 0
  }

  #swap(a: number, b: number): void {
    const [first, second] = [this.#heap[a]!, this.#heap[b]!]
    this.#put(second, a)
    this.#put(first, b)
  }
}
