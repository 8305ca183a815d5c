import { shiftOf } from './fit.ts'

/** Times kept of each kind: older ones say little about how things are now. */
const kept = 16

/**
 * When so many times in a row are all longer than any before by this factor, or all shorter, those before
 * are of other circumstances: a computer has become hot, a network is fast again. By chance that hardly
 * happens: of sixteen times the last four are the longest once in 1820 cases.
 */
const turn = { times: 4, factor: 1.3 } as const

/**
 * When so many kinds have turned within so many times, it is all kinds that have: those that are seldom
 * done would otherwise tell for ever how fast the network once was.
 */
const upheaval = { kinds: 8, within: 1000 } as const

/** Fewer times of a kind say nothing about its straggling. */
const least = 4

/**
 * Undisturbed time, by itself and as a part of the longest, from which on a kind says something about
 * straggling: shorter work is not stretched but delayed, by whatever else wants the processor. Where that is
 * the same for all work, half as much work seems to straggle twice as much: the longest is asked first,
 * and others only until so many times are there.
 */
const weighty = { ms: 10, part: 0.2, longest: 0.5, times: 32 }

interface Kind<T> {
  readonly what: T
  readonly times: readonly number[]
  /** How many times, of all kinds, had been noted when each of these was. */
  readonly notedAt: readonly number[]
  /** What it takes when nothing disturbs it. */
  readonly ms: number
}

/** The last times of many kinds of work, where all work of a kind is alike. */
export class RecentTimes<T> {
  readonly #mostKinds: number
  readonly #kinds = new Map<string, Kind<T>>()
  #count = 0
  #noted = 0
  /** Kinds that have turned, and when the first of their times was noted that are different. */
  #turns = new Map<string, number>()

  /** @param mostKinds remembered; the one unused for longest gives way */
  constructor(mostKinds: number) {
    this.#mostKinds = mostKinds
  }

  /**
   * @param key names the kind
   * @returns how much longer that was than undisturbed work of its kind
   */
  note(key: string, what: T, ms: number): number {
    this.#noted += 1
    const before = this.#kinds.get(key)
    const recent = [...(before?.times ?? []), ms].slice(-kept)
    const times = sinceTurn(recent)
    const notedAt = [...(before?.notedAt ?? []), this.#noted].slice(-times.length)
    this.#set(key, { what, times, notedAt, ms: undisturbed(times) })
    if (this.#kinds.size > this.#mostKinds) this.#forgetOldest()
    if (times.length < recent.length) this.#turned(key, notedAt[0]!)
    return ms - (this.#kinds.get(key)?.ms ?? ms)
  }

  /** Times there are, of all kinds. */
  get count(): number {
    return this.#count
  }

  /** What a kind takes when nothing disturbs it; undefined if it is not known. */
  undisturbedMs(key: string): number | undefined {
    return this.#kinds.get(key)?.ms
  }

  /** Of every kind the time that it takes when nothing disturbs it. */
  undisturbed(): { readonly what: T; readonly ms: number }[] {
    return [...this.#kinds.values()]
  }

  /** How many times as long as undisturbed it took, of the same kinds that take long enough. */
  slownesses(): number[] {
    const known = [...this.#kinds.values()].filter(({ times }) => times.length >= least)
    const [longest] = known.sort((a, b) => b.ms - a.ms)
    const slownesses: number[] = []
    for (const { times, ms: undisturbedMs } of known) {
      const part = slownesses.length < weighty.times ? weighty.part : weighty.longest
      if (undisturbedMs < Math.max(weighty.ms, part * longest!.ms)) break
      slownesses.push(...times.map(ms => ms / undisturbedMs))
    }
    return slownesses
  }

  /** The kind that was noted last is the last one. */
  #set(key: string, kind: Kind<T>): void {
    this.#count += kind.times.length - (this.#kinds.get(key)?.times.length ?? 0)
    this.#kinds.delete(key)
    this.#kinds.set(key, kind)
  }

  #turned(key: string, at: number): void {
    const since = this.#noted - upheaval.within
    const recent = [...this.#turns].filter(([, turn]) => turn > since)
    this.#turns = new Map(recent).set(key, at)
    if (this.#turns.size < upheaval.kinds) return
    this.#forgetBefore(Math.min(...this.#turns.values()))
    this.#turns.clear()
  }

  #forgetBefore(first: number): void {
    for (const [key, kind] of [...this.#kinds]) {
      const outdated = kind.notedAt.filter(at => at < first).length
      const times = kind.times.slice(outdated)
      const notedAt = kind.notedAt.slice(outdated)
      this.#set(key, { ...kind, times, notedAt, ms: undisturbed(times) })
      if (times.length === 0) this.#kinds.delete(key)
    }
  }

  #forgetOldest(): void {
    const [oldest] = this.#kinds
    if (!oldest) return
    const [key, { times }] = oldest
    this.#kinds.delete(key)
    this.#count -= times.length
  }
}

/** The times without those of other circumstances. */
function sinceTurn(times: readonly number[]): readonly number[] {
  const [before, last] = [times.slice(0, -turn.times), times.slice(-turn.times)]
  if (before.length < turn.times) return times
  const isLonger = Math.min(...last) > turn.factor * Math.max(...before)
  const isShorter = turn.factor * Math.max(...last) < Math.min(...before)
  return isLonger || isShorter ? last : times
}

/** The shift of a shifted exponential; no less than half of the smallest time, however they scatter. */
function undisturbed(times: readonly number[]): number {
  const smallest = Math.min(...times)
  return times.length < 3 ? smallest : Math.max(smallest / 2, shiftOf(times))
}
