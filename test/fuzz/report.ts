import type { Finding, Outcome } from './outcome.ts'

const columns = ['parser', 'payloads', 'values', 'refused', 'crashes', 'slowest'] as const

/** A table of what became of the payloads, one parser a line. */
export function table(outcomes: readonly Outcome[]): string {
  const rows = [columns, ...outcomes.map(row)]
  const widths = columns.map((_, i) => Math.max(...rows.map(cells => cells[i]!.length)))
  return rows
    .map(cells =>
      cells
        .map((cell, i) => cell.padEnd(widths[i]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

function row({ parser, payloads, values, refused, findings, slowest }: Outcome): string[] {
  const codes = Object.entries(refused).map(([code, count]) => `${code} ${count}`)
  const times = `${slowest.ms.toFixed(2)} ms, ${slowest.times.toFixed(1)} × a sound one`
  const numbers = [payloads, values].map(String)
  return [parser, ...numbers, codes.join(', ') || '0', String(findings.length), times]
}

/** Everything needed to look into a finding. */
export function describe({ parser, index, kind, message, payload }: Finding): string {
  return `${kind}: ${parser}, payload ${index}: ${message}\n  ${payload || '(empty)'}`
}
