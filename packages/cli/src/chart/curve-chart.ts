import { type Area, ink, latencyAxis, letter } from './axis.ts'
import { element, label, picture } from './svg.ts'

export interface CurvePoint {
  readonly k: number
  readonly ms: number
  /** The middle half of what was measured; undefined for what was computed. */
  readonly rangeMs?: readonly [number, number] | undefined
}

export interface Curve {
  readonly name: string
  readonly points: readonly CurvePoint[]
  /** How its best k is called, such as `k*`. */
  readonly best: string
}

export interface CurveChart {
  readonly title: string
  readonly subtitle: string
  /** Measured first; it is drawn on top, with dots. */
  readonly curves: readonly Curve[]
  /** A level to compare with. */
  readonly reference?: { readonly name: string; readonly ms: number } | undefined
}

const colours = ['#0072b2', '#d98e04', '#52606d']

/** Latency over the number of pieces; the best k of every curve is marked. */
export function curveChart({ title, subtitle, curves, reference }: CurveChart): string {
  const points = curves.flatMap(curve => curve.points)
  const ks = points.map(({ k }) => k)
  const [least, last] = [Math.min(...ks), Math.max(...ks)]
  const area: Area = { left: 76, top: 104, width: 560, height: 300 }
  const [measured] = curves
  const tops = [...(measured?.points ?? []).map(point => point.rangeMs?.[1] ?? point.ms)]
  const most = Math.max(...tops, reference?.ms ?? 0) * 1.12
  const { drawn, y } = latencyAxis(area, most)
  const step = area.width / Math.max(1, last - least + 1)
  const x = (k: number) => area.left + (k - least + 0.5) * step
  const scale = { x, y, area }
  const lines = curves.map((curve, i) => drawCurve(curve, i, scale))
  const size = { width: area.left + area.width + 28, height: area.top + area.height + 62 }
  return picture(
    { title, ...size },
    label(title, { x: 24, y: 32, 'font-size': 18, 'font-weight': 'bold', fill: ink.text }),
    label(subtitle, { x: 24, y: 53, 'font-size': 12, fill: ink.faint }),
    legend(curves),
    drawn,
    kAxis(least, last, scale),
    reference ? level(reference, scale) : '',
    ...lines.map(({ line }) => line).reverse(),
    ...lines.map(one => one.mark).reverse(),
  )
}

interface Scale {
  readonly x: (k: number) => number
  readonly y: (ms: number) => number
  readonly area: Area
}

/** The marks apart, to be drawn over all lines. */
function drawCurve(
  { points, best }: Curve,
  i: number,
  { x, y, area }: Scale,
): { line: string; mark: string } {
  const stroke = colours[i % colours.length]!
  // What is beyond the top, as the surrogate is near k = n, leaves the picture there.
  const inside = points.filter(({ ms }) => y(ms) >= area.top - 1)
  const path = inside.map(({ k, ms }, j) => `${j === 0 ? 'M' : 'L'}${x(k)} ${y(ms)}`).join('')
  const dash = i === 0 ? {} : { 'stroke-dasharray': i === 1 ? '7 4' : '2 4' }
  const line = element('path', { d: path, stroke, 'stroke-width': 2.2, fill: 'none', ...dash })
  const dots = i === 0 ? inside.map(point => dot(point, stroke, { x, y })).join('') : ''
  return { line: line + dots, mark: mark(points, { best, stroke, i }, { x, y }) }
}

function dot(
  { k, ms, rangeMs }: CurvePoint,
  fill: string,
  { x, y }: Pick<Scale, 'x' | 'y'>,
): string {
  const [low, high] = rangeMs ?? [ms, ms]
  const path = `M${x(k) - 5} ${y(high)}h10M${x(k)} ${y(high)}V${y(low)}M${x(k) - 5} ${y(low)}h10`
  const range = element('path', { d: path, stroke: fill, 'stroke-width': 1.1, fill: 'none' })
  return range + element('circle', { cx: x(k), cy: y(ms), r: 4, fill })
}

/** A ring around the smallest value, and its name: of what was measured above it, of the others below. */
function mark(
  points: readonly CurvePoint[],
  { best, stroke, i }: { best: string; stroke: string; i: number },
  { x, y }: Pick<Scale, 'x' | 'y'>,
): string {
  if (points.length === 0) return ''
  const { k, ms, rangeMs } = points.reduce((least, one) => (one.ms < least.ms ? one : least))
  const ring = { cx: x(k), cy: y(ms), r: 8, fill: 'none', stroke, 'stroke-width': 2 }
  const above = Math.min(y(rangeMs?.[1] ?? ms), y(ms) - 8) - 8
  const place = { x: x(k), y: i === 0 ? above : y(ms) + 24, 'text-anchor': 'middle' }
  const halo = { stroke: 'white', 'stroke-width': 4, 'paint-order': 'stroke' }
  const text = { 'font-size': 13, 'font-weight': 'bold', fill: stroke, ...halo }
  return element('circle', ring) + label(`${best} = ${k}`, { ...place, ...text })
}

function kAxis(least: number, last: number, { x, area }: Scale): string {
  const bottom = area.top + area.height
  const ks = Array.from({ length: last - least + 1 }, (_, i) => least + i)
  const marks = ks.map(k =>
    label(String(k), {
      ...{ x: x(k), y: bottom + 20, 'text-anchor': 'middle' },
      ...{ 'font-size': 12, fill: ink.faint },
    }),
  )
  const place = { x: area.left + area.width / 2, y: bottom + 44, 'text-anchor': 'middle' }
  const title = label('k, pieces that a layer is cut into', {
    ...{ ...place, 'font-size': 13, fill: ink.text },
  })
  return marks.join('') + title
}

function level({ name, ms }: { name: string; ms: number }, { y, area }: Scale): string {
  const right = area.left + area.width
  const line = { x1: area.left, x2: right, y1: y(ms), y2: y(ms) }
  const place = { x: right - 4, y: y(ms) - 6, 'text-anchor': 'end' }
  return (
    element('line', { ...line, stroke: '#d55e00', 'stroke-width': 1.4 }) +
    label(name, { ...place, 'font-size': 12, fill: '#d55e00' })
  )
}

function legend(curves: readonly Curve[]): string {
  let x = 24
  const entries = curves.map(({ name }, i) => {
    const stroke = colours[i % colours.length]!
    const dash = i === 0 ? {} : { 'stroke-dasharray': i === 1 ? '7 4' : '2 4' }
    const at = x
    x += 56 + name.length * letter
    return (
      element('path', { d: `M${at} 76h26`, stroke, 'stroke-width': 2.2, ...dash }) +
      label(name, { x: at + 33, y: 80, 'font-size': 12, fill: ink.text })
    )
  })
  return entries.join('')
}
