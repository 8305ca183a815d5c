import { fitTerms } from './fit-terms.ts'
import { RecentTimes } from './recent-times.ts'

/** One subtask on its way to a device and back. */
export interface Transit {
  readonly device: string
  /** When it was sent, and others with it. */
  readonly sentAt: number
  /** Messages and bytes that were sent at the same moment before it, itself included. */
  readonly messagesOut: number
  readonly bytesOut: number
  /** Of its result. */
  readonly bytesIn: number
  /** Of both, without those before it. */
  readonly ownBytes: number
  /** From sending to the result, less what the device says that it waited and computed. */
  readonly ms: number
  /** What the device says that it computed. */
  readonly computeMs: number
}

/** A way that messages take one after the other. */
export interface MeasuredWay {
  readonly bytesPerS: number
  readonly perMessageMs: number
}

/** With what a transit takes whatever it carries: that is part of the devices' own links. */
export interface WayAndMore extends MeasuredWay {
  readonly alwaysMs: number
}

/** Fewer transits say nothing. */
const least = 8

/** What takes this many times as long as the shared way explains has other reasons. */
const outlier = 1.5

/** Faster nobody notices. */
const fastest = 1e10

/** Ten devices that are asked in any order for the rows of twenty stages under two schemes. */
const mostKinds = 400

/** Transits that a fit may have missed: as a part of those it knows, and at most. */
const missable = { part: 0.25, most: 100 } as const

/** The way that all transits have in common, from those that were disturbed least. */
export class SharedWay {
  readonly #times = new RecentTimes<Transit>(mostKinds)
  #way: WayAndMore | undefined
  #missed = 0

  note(transit: Transit): void {
    const { messagesOut, bytesOut, bytesIn, ms } = transit
    this.#times.note(`${messagesOut} ${bytesOut} ${bytesIn}`, transit, ms)
    this.#missed += 1
  }

  /** Undefined while too little has travelled. */
  get way(): WayAndMore | undefined {
    const { count } = this.#times
    const tolerable = this.#way ? Math.min(missable.most, missable.part * count) : 0
    if (count >= least && this.#missed > tolerable) {
      this.#way = fit(this.#times.undisturbed())
      this.#missed = 0
    }
    return this.#way
  }
}

/** What the shared way takes, with what is ahead. */
export function transitMs(
  way: MeasuredWay,
  { messagesOut, bytesOut, bytesIn }: Pick<Transit, 'messagesOut' | 'bytesOut' | 'bytesIn'>,
): number {
  const bytes = bytesOut + bytesIn
  return (messagesOut + 1) * way.perMessageMs + (bytes / way.bytesPerS) * 1000
}

type Kind = { readonly what: Transit; readonly ms: number }

function fit(kinds: readonly Kind[]): WayAndMore {
  const first = wayOf(kinds)
  const others = kinds.filter(({ what, ms }) => {
    return ms <= outlier * (first.alwaysMs + transitMs(first, what))
  })
  return others.length === 0 ? first : wayOf(others)
}

function wayOf(kinds: readonly Kind[]): WayAndMore {
  const sums = kinds.map(({ what: { messagesOut, bytesOut, bytesIn }, ms }) => {
    return { terms: [1, messagesOut + 1, bytesOut + bytesIn], value: ms }
  })
  const [alwaysMs, perMessageMs, msPerByte] = fitTerms(3, sums) as [number, number, number]
  return { bytesPerS: rateOf(msPerByte), perMessageMs, alwaysMs }
}

/** Bytes per second, not beyond what anybody notices. */
export function rateOf(msPerByte: number): number {
  return Math.min(fastest, msPerByte > 0 ? 1000 / msPerByte : fastest)
}
