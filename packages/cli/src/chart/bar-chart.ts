import { type Area, ink, latencyAxis, letter, timeUnit } from './axis.ts'
import { element, label, picture } from './svg.ts'

/** One bar: a median, with the middle half of the values as a whisker. */
export interface Bar {
  readonly series: string
  readonly ms: number
  readonly lowMs: number
  readonly highMs: number
}

export interface BarGroup {
  readonly name: string
  readonly bars: readonly Bar[]
}

export interface BarChart {
  readonly title: string
  readonly subtitle: string
  readonly groups: readonly BarGroup[]
}

/** Distinct for most who see colours differently (Okabe and Ito); the same scheme has the same everywhere. */
const colours: Readonly<Record<string, string>> = {
  ...{ local: '#9aa5b1', whole: '#cbd2d9', uncoded: '#d55e00', replication: '#e69f00' },
  ...{ lt: '#cc79a7', vandermonde: '#56b4e9', mds: '#0072b2', auto: '#009e73' },
}
/** For what has no colour of its own, or whose colour is taken. */
const spare = ['#f0e442', '#8c6bb1', '#8dd3c7', '#a6761d', '#1f2933', '#fb9a99']

/** A colour for each of these names, which may have numbers behind a colon. */
function coloursOf(series: readonly string[]): ReadonlyMap<string, string> {
  const taken = new Map<string, string>()
  const isFree = (colour: string | undefined) => ![...taken.values()].includes(colour ?? '')
  for (const name of series) {
    const own = colours[name.split(':')[0]!]
    const free = spare.find(isFree) ?? spare[0]!
    taken.set(name, own !== undefined && isFree(own) ? own : free)
  }
  return taken
}

const barWidth = 34
const gap = { bar: 5, group: 40 }

/** Bars of latencies in groups, as the paper shows schemes by scenario. */
export function barChart({ title, subtitle, groups }: BarChart): string {
  const series = [...new Set(groups.flatMap(({ bars }) => bars.map(bar => bar.series)))]
  const fills = coloursOf(series)
  const widthOf = ({ bars }: BarGroup) => bars.length * (barWidth + gap.bar) - gap.bar
  const content = groups.reduce((sum, group) => sum + widthOf(group) + gap.group, 0)
  const area: Area = { left: 76, top: 100, width: Math.max(440, content), height: 300 }
  const most = Math.max(
    ...groups.flatMap(({ bars }) => bars.map(({ highMs, ms }) => Math.max(highMs, ms))),
  )
  const { drawn, y } = latencyAxis(area, most * 1.06)
  let x = area.left + (area.width - content + gap.group) / 2
  const drawnGroups = groups.map(group => {
    const at = x
    x += widthOf(group) + gap.group
    return drawGroup(group, { at, width: widthOf(group), area, y, fills, most })
  })
  const size = { width: area.left + area.width + 28, height: area.top + area.height + 52 }
  return picture(
    { title, ...size },
    label(title, { x: 24, y: 32, 'font-size': 18, 'font-weight': 'bold', fill: ink.text }),
    label(subtitle, { x: 24, y: 53, 'font-size': 12, fill: ink.faint }),
    legend(fills),
    drawn,
    ...drawnGroups,
  )
}

interface Place {
  readonly at: number
  readonly width: number
  readonly area: Area
  readonly y: (ms: number) => number
  readonly fills: ReadonlyMap<string, string>
  readonly most: number
}

function drawGroup({ name, bars }: BarGroup, { at, width, area, y, fills, most }: Place): string {
  const bottom = area.top + area.height
  const drawn = bars.map((bar, i) => {
    const x = at + i * (barWidth + gap.bar)
    const fill = fills.get(bar.series)!
    const height = Math.max(1, bottom - y(bar.ms))
    const box = element('rect', { x, y: bottom - height, width: barWidth, height, fill, rx: 1.5 })
    return box + whisker(bar, x + barWidth / 2, y) + value(bar, x + barWidth / 2, { y, most })
  })
  const place = { x: at + width / 2, y: bottom + 24, 'text-anchor': 'middle' }
  return drawn.join('') + label(name, { ...place, 'font-size': 13, fill: ink.text })
}

function whisker({ lowMs, highMs }: Bar, x: number, y: (ms: number) => number): string {
  const [top, bottom] = [y(highMs), y(lowMs)]
  const path = `M${x - 4} ${top}h8M${x} ${top}V${bottom}M${x - 4} ${bottom}h8`
  return element('path', { d: path, stroke: ink.text, 'stroke-width': 1.1, fill: 'none' })
}

function value(
  { ms, highMs }: Bar,
  x: number,
  { y, most }: { y: (ms: number) => number; most: number },
): string {
  const { perUnit } = timeUnit(most * 1.06)
  const text = (ms / perUnit).toPrecision(3)
  const place = { x, y: y(Math.max(ms, highMs)) - 6, 'text-anchor': 'middle' }
  return label(text, { ...place, 'font-size': 10.5, fill: ink.text })
}

function legend(fills: ReadonlyMap<string, string>): string {
  let x = 24
  const entries = [...fills].map(([name, fill]) => {
    const at = x
    x += 36 + name.length * letter
    return (
      element('rect', { x: at, y: 69, width: 12, height: 12, fill, rx: 1.5 }) +
      label(name, { x: at + 18, y: 79.5, 'font-size': 12, fill: ink.text })
    )
  })
  return entries.join('')
}
