import type { Measured, Spread } from './measure.ts'
import type { StageShare } from './share-bench.ts'

export interface BenchReport {
  readonly ratios: readonly Measured[]
  /** Encoding and decoding of every stage of VGG16. */
  readonly shares: readonly StageShare[]
  /** What could not be measured here, and why. */
  readonly skipped: readonly string[]
}

/** The report for people. */
export function formatBench({ ratios, shares, skipped }: BenchReport): string {
  const rows = ratios.map(({ name, ratio, meaning }) =>
    [
      name.padEnd(18),
      number(ratio.p50).padStart(7),
      between(ratio, number).padEnd(17),
      meaning,
    ].join('  '),
  )
  const stages = shares.map(({ stage, encode, decode }) => {
    const cells = [encode, decode].map(
      share => `${percent(share.p50).padStart(5)}  ${between(share, percent).padEnd(17)}`,
    )
    return [`stage ${stage}`.padEnd(18), ...cells].join('  ')
  })
  return [
    ...['ratio                 median  10 % … 90 %        what', ...rows, ''],
    ...['VGG16, mds:10,7     encoding  10 % … 90 %        decoding three', ...stages],
    ...skipped.map(what => `skipped: ${what}`),
  ].join('\n')
}

function between({ p10, p90 }: Spread, show: (value: number) => string): string {
  return `${show(p10)} … ${show(p90)}`
}

function number(value: number): string {
  return value < 0.01 ? value.toFixed(4) : value.toFixed(2)
}

function percent(value: number): string {
  return `${(100 * value).toFixed(1)} %`
}
