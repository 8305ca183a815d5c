import { fitShiftedExponential } from './fit.ts'

/** Kinds of work remembered; the one unused for longest gives way. */
const mostKinds = 128

/** Times kept of each kind: older ones say little about how things are now. */
const kept = 16

/** Fewer times of a kind say nothing about its straggling. */
const least = 4

/**
 * Undisturbed time, by itself and as a part of the longest, from which on a kind says something about
 * straggling: shorter work is not stretched but delayed, by whatever else wants the processor.
 */
const weighty = { ms: 10, part: 0.2 }

/** The last times of many kinds of work, where all work of a kind is alike. */
export class RecentTimes<T> {
  readonly #kinds = new Map<string, { readonly what: T; readonly times: number[] }>()

  /** @param key names the kind */
  note(key: string, what: T, ms: number): void {
    const { times } = this.#kinds.get(key) ?? { times: [] }
    this.#kinds.delete(key)
    this.#kinds.set(key, { what, times: [...times, ms].slice(-kept) })
    const [oldest] = this.#kinds.keys()
    if (this.#kinds.size > mostKinds) this.#kinds.delete(oldest!)
  }

  /** Times there are, of all kinds. */
  get count(): number {
    let count = 0
    for (const { times } of this.#kinds.values()) count += times.length
    return count
  }

  /** Of every kind the time that it takes when nothing disturbs it. */
  undisturbed(): { readonly what: T; readonly ms: number }[] {
    return [...this.#kinds.values()].map(({ what, times }) => ({ what, ms: shiftOf(times) }))
  }

  /** How much longer than undisturbed it took, in milliseconds, of the same kinds. */
  delaysMs(): number[] {
    return this.#known().flatMap(times => {
      const shift = shiftOf(times)
      return times.map(ms => ms - shift)
    })
  }

  /** How many times as long as undisturbed it took, of the same kinds that take long enough. */
  slownesses(): number[] {
    const known = this.#known().map(times => ({ times, shift: shiftOf(times) }))
    const longest = Math.max(...known.map(({ shift }) => shift))
    return known
      .filter(({ shift }) => shift >= Math.max(weighty.ms, weighty.part * longest))
      .flatMap(({ times, shift }) => times.map(ms => ms / shift))
  }

  #known(): (readonly number[])[] {
    const times = [...this.#kinds.values()].map(kind => kind.times)
    return times.filter(({ length }) => length >= least)
  }
}

/** The shift of a shifted exponential; no less than half of the smallest time, however they scatter. */
function shiftOf(times: readonly number[]): number {
  const smallest = Math.min(...times)
  if (times.length < 3) return smallest
  return Math.max(smallest / 2, fitShiftedExponential(times).shift)
}
