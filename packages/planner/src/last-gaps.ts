import { arrivedOf, type HeldUp } from './held-up.ts'
import { RecentFigures } from './recent-figures.ts'

/** For so long: what comes up meanwhile is not seen where the last ones are not waited for. */
const forgetMs = 60_000

interface Gap {
  readonly ms: number
  /** Whether the last one came at last. */
  readonly isOver: boolean
}

/**
 * How much later the last of a burst comes than the one before it, on average: what is won by not waiting for
 * it. Of delays that are exponential and independent that is their mean. Where less is won they have something
 * in common, such as a coordinator that reads late, against which redundancy is no help.
 */
export class LastGaps {
  readonly #gaps = new RecentFigures<Gap>({ kept: 256, forgetMs })

  /** A burst is over. */
  note(burst: readonly HeldUp[], now: number): void {
    const gap = gapOf(burst)
    if (gap) this.#gaps.note(gap, now)
  }

  /** The likeliest mean: all that was waited by the number of those that came. Infinity while too few did. */
  ms(now: number): number {
    const gaps = this.#gaps.recent(now) ?? []
    const over = gaps.filter(({ isOver }) => isOver).length
    return over === 0 ? Number.POSITIVE_INFINITY : sum(gaps.map(({ ms }) => ms)) / over
  }
}

/**
 * Where some were cut off, how long they were waited for when all others were there: they had as many chances
 * to come. With a code that is hardly at all, where somebody else had to compute it again it is long.
 */
function gapOf(burst: readonly HeldUp[]): Gap | undefined {
  const arrived = arrivedOf(burst).map(({ at }) => at)
  const [last, before] = arrived.toSorted((a, b) => b - a)
  if (last === undefined || before === undefined) return undefined
  const missing = burst.length - arrived.length
  if (missing === 0) return { ms: last - before, isOver: true }
  const waitedMs = Math.max(...burst.map(({ at }) => at)) - last
  return { ms: waitedMs * missing, isOver: false }
}

function sum(figures: readonly number[]): number {
  return figures.reduce((total, figure) => total + figure, 0)
}
