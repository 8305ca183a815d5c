import { colours } from '../colours.ts'
import { milliseconds, table } from '../tables.ts'
import type { Calibration } from './calibration.ts'
import type { Measurement } from './measurement.ts'

/** What `cocoi testbed --json FILE` holds; all times are those of a Pi. */
export interface TestbedReport {
  readonly model: string
  readonly profile: string
  readonly scenario: string
  readonly devices: number
  readonly requests: number
  readonly seed: number
  readonly calibration: Calibration
  readonly runs: readonly Measurement[]
  readonly ok: boolean
}

/** One row per scheme, for each scenario. */
export function measurementTable(runs: readonly Measurement[]): string {
  const head = ['scenario', 'scheme', 'runs as', 'median', 'p99', 'mean', 'spread', '/ uncoded']
  const phases = ['head', 'wait', 'decode', 'rest']
  const rows = runs.map(run => {
    const { p50, p99, mean, spread } = run.latencyMs
    return [
      ...[run.scenario, run.scheme, run.ranAs],
      ...[p50, p99, mean, spread].map(milliseconds),
      run.toUncoded?.toFixed(3) ?? '-',
      ...[run.phases.head, run.phases.wait, run.phases.decode, run.phases.rest].map(milliseconds),
      run.ok ? colours.green('✔ right') : colours.red('✘ wrong'),
    ]
  })
  return table([...head, ...phases, ''], rows, ['left', 'left', 'left'])
}

/** A row for each request (RFC 4180; no value needs quoting but a scheme with its comma). */
export function measurementCsv(report: TestbedReport): string {
  const head = 'model,profile,devices,scenario,scheme,request,latency_ms'
  const { model, profile, devices } = report
  const rows = report.runs.flatMap(({ scenario, scheme, latencyMs }) =>
    latencyMs.all.map((ms, i) =>
      [model, profile, devices, scenario, `"${scheme}"`, i + 1, ms.toFixed(3)].join(','),
    ),
  )
  return `${[head, ...rows].join('\n')}\n`
}
