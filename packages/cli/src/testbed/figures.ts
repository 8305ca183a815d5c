import { writeFile } from 'node:fs/promises'
import sharp from 'sharp'
import { type BarChart, barChart } from '../chart/bar-chart.ts'
import { type CurveChart, curveChart } from '../chart/curve-chart.ts'
import { writeText } from '../output-files.ts'
import { quantile } from '../report.ts'
import type { Latency, Measurement } from './measurement.ts'
import type { SweptLatency } from './predicted-sweep.ts'
import type { TestbedReport } from './testbed-report.ts'

/** Pixels per unit of the drawing. */
const pngDensity = 2

/** Latency per scheme and scenario; whiskers span the middle half of the requests. */
export function schemesFigure(report: TestbedReport, schemes: readonly string[]): BarChart {
  const shown = report.runs.filter(({ scheme }) => schemes.includes(scheme))
  const scenarios = [...new Set(shown.map(({ scenario }) => scenario))]
  const groups = scenarios.map(name => ({
    name,
    bars: shown.filter(({ scenario }) => scenario === name).map(barOf),
  }))
  return { title: `${report.model} on ${fleetText(report)}`, subtitle: subtitle(report), groups }
}

/** Latency over k in one scenario. */
export function sweepFigure(
  report: TestbedReport,
  scenario: string,
  predicted: readonly SweptLatency[],
): CurveChart {
  const runs = report.runs.filter(run => run.scenario === scenario)
  const of = (scheme: string) => runs.find(run => run.scheme === scheme)?.latencyMs
  const measured = predicted.flatMap(({ k }) => {
    const latency = of(`mds:${report.devices},${k}`)
    return latency ? [{ k, ms: latency.p50, rangeMs: middleHalf(latency) }] : []
  })
  const drawn = predicted.map(({ k, drawnMs }) => ({ k, ms: drawnMs }))
  const surrogate = predicted.flatMap(({ k, surrogateMs: ms }) =>
    ms === undefined ? [] : [{ k, ms }],
  )
  const uncoded = of('uncoded')
  return {
    title: `${report.model} under a (${report.devices}, k) code: ${scenario}`,
    subtitle: `${fleetText(report)}; ${subtitle(report)}`,
    curves: [
      { name: 'measured', points: measured, best: 'best k' },
      { name: 'predicted by drawing', points: drawn, best: 'k*' },
      { name: 'L(k) of the paper', points: surrogate, best: 'k°' },
    ],
    reference: uncoded && { name: 'uncoded, measured', ms: uncoded.p50 },
  }
}

/** Writes a chart as SVG and, beside it, as PNG. */
export async function writeFigure(path: string, svg: string): Promise<void> {
  await writeText(path, svg)
  const png = await sharp(Buffer.from(svg), { density: 72 * pngDensity })
    .png()
    .toBuffer()
  await writeFile(`${path.replace(/\.svg$/i, '')}.png`, png)
}

export const drawSchemes = (report: TestbedReport, schemes: readonly string[]) =>
  barChart(schemesFigure(report, schemes))

export const drawSweep = (...args: Parameters<typeof sweepFigure>) =>
  curveChart(sweepFigure(...args))

function barOf({ scheme, latencyMs }: Measurement) {
  const [lowMs, highMs] = middleHalf(latencyMs)
  return { series: scheme, ms: latencyMs.p50, lowMs, highMs }
}

function middleHalf({ all }: Latency): readonly [number, number] {
  return [quantile(all, 0.25), quantile(all, 0.75)]
}

function fleetText({ devices, profile }: TestbedReport): string {
  return `${devices} emulated devices, ${profile}`
}

function subtitle({ requests, seed, calibration: { dilation } }: TestbedReport): string {
  const time = dilation === 1 ? 'real time' : `dilated by ${dilation}`
  return `median and middle half of ${requests} requests each, ${time}, seed ${seed}`
}
