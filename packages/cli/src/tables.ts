import Table from 'cli-table3'
import { colours } from './colours.ts'
import type { RunReport } from './report.ts'

type Side = 'left' | 'right'

/**
 * A table without lines.
 *
 * @param sides where the columns are aligned; by default the first to the left, numbers to the right
 */
export function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  sides: readonly Side[] = ['left'],
): string {
  const chars = Object.fromEntries(
    [
      'top',
      'top-mid',
      'top-left',
      'top-right',
      'bottom',
      'bottom-mid',
      'bottom-left',
      'bottom-right',
      'left',
      'left-mid',
      'mid',
      'mid-mid',
      'right',
      'right-mid',
    ].map(part => [part, '']),
  )
  const drawn = new Table({
    chars: { ...chars, middle: '  ' },
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
    head: head.map(text => colours.dim(text)),
    colAligns: (rows[0] ?? head).map((_, i) => sides[i] ?? 'right'),
  })
  drawn.push(...rows.map(row => [...row]))
  return drawn.toString().replace(/ +$/gm, '')
}

/** One row per scheme: latency, bytes moved, error. */
export function runTable(runs: readonly RunReport[]): string {
  const head = ['scheme', 'devices', 'p50', 'p99', 'sent', 'received', 'largest error', '']
  return table(head, runs.map(runRow))
}

function runRow(run: RunReport): string[] {
  const { p50, p99 } = run.latencyMs
  return [
    run.scheme,
    devicesText(run),
    milliseconds(p50),
    milliseconds(p99),
    bytes(run.bytesOut),
    bytes(run.bytesIn),
    run.errors.length > 0 ? 'no answer' : errorText(run),
    run.ok ? colours.green('✔ right') : colours.red('✘ wrong'),
  ]
}

function devicesText({ devices, killed, frozen, slowed }: RunReport): string {
  const struck = [
    killed > 0 ? `${killed} killed` : '',
    frozen > 0 ? `${frozen} frozen` : '',
    slowed > 0 ? `${slowed} slow` : '',
  ].filter(Boolean)
  return struck.length > 0 ? `${devices} (${struck.join(', ')})` : String(devices)
}

function errorText({ maxAbsError, maxRelError }: RunReport): string {
  return `${maxAbsError.toExponential(1)} (${(maxRelError * 100).toPrecision(2)} %)`
}

export function milliseconds(ms: number): string {
  return `${ms < 100 ? ms.toFixed(1) : Math.round(ms)} ms`
}

/** Bytes in the unit that leaves one to three digits before the point. */
export function bytes(count: number): string {
  if (count < 1e3) return `${count} B`
  if (count < 1e6) return `${(count / 1e3).toFixed(1)} kB`
  if (count < 1e9) return `${(count / 1e6).toFixed(1)} MB`
  return `${(count / 1e9).toFixed(2)} GB`
}

/** Operations in the unit that leaves one to three digits before the point. */
export function flops(count: number): string {
  if (count < 1e6) return `${(count / 1e3).toPrecision(3)} kF`
  return count < 1e9 ? `${(count / 1e6).toPrecision(3)} MF` : `${(count / 1e9).toPrecision(3)} GF`
}

/** A number with its noun: `1 device`, `6 devices`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}
