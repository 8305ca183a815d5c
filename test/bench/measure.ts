/** Times of one round, in ms: what is measured, and what it is told in terms of. */
export interface Pair {
  readonly subjectMs: number
  readonly referenceMs: number
}

/** Something to be measured in rounds; each round gives a pair for every ratio. */
export interface Bench {
  /** What each ratio means, for somebody who reads only that line. */
  readonly ratios: Readonly<Record<string, string>>
  readonly rounds: number
  /** @param index who goes first should alternate with it */
  readonly round: (index: number) => Promise<Readonly<Record<string, Pair>>>
  readonly close: () => Promise<void>
}

/** The tenth, fiftieth and ninetieth of a hundred. */
export interface Spread {
  readonly p10: number
  readonly p50: number
  readonly p90: number
}

export interface Measured {
  readonly name: string
  readonly meaning: string
  readonly rounds: number
  readonly subjectMs: Spread
  readonly referenceMs: Spread
  /** Of the two times of each round. */
  readonly ratio: Spread
}

const warmUps = 2

/**
 * Subject and reference of a ratio come from the same round, so that whatever else the machine does hits
 * both; only the ratio is worth anything.
 */
export async function measure(bench: Bench): Promise<Measured[]> {
  const rounds: Readonly<Record<string, Pair>>[] = []
  for (let index = -warmUps; index < bench.rounds; index++) {
    const pairs = await bench.round(index)
    if (index >= 0) rounds.push(pairs)
  }
  return Object.entries(bench.ratios).map(([name, meaning]) => {
    const pairs = rounds.map(round => round[name]!)
    return {
      ...{ name, meaning, rounds: bench.rounds },
      subjectMs: spreadOf(pairs.map(({ subjectMs }) => subjectMs)),
      referenceMs: spreadOf(pairs.map(({ referenceMs }) => referenceMs)),
      ratio: spreadOf(pairs.map(({ subjectMs, referenceMs }) => subjectMs / referenceMs)),
    }
  })
}

/** Does both, the one or the other first. */
export async function inTurns(
  index: number,
  subject: () => Promise<unknown>,
  reference: () => Promise<unknown>,
): Promise<Pair> {
  if (index % 2 !== 0) {
    const referenceMs = await timed(reference)
    return { referenceMs, subjectMs: await timed(subject) }
  }
  const subjectMs = await timed(subject)
  return { subjectMs, referenceMs: await timed(reference) }
}

export async function timed(act: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now()
  await act()
  return performance.now() - startedAt
}

export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (share: number) =>
    sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!
  return { p10: at(0.1), p50: at(0.5), p90: at(0.9) }
}
