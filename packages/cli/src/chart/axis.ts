import { element, label } from './svg.ts'

/** Where on the picture the data are drawn. */
export interface Area {
  readonly left: number
  readonly top: number
  readonly width: number
  readonly height: number
}

export const ink = { text: '#1f2933', faint: '#52606d', grid: '#e4e7eb' } as const

/** About how wide a letter of a legend is, at 12 px. */
export const letter = 7.2

/** Round values from 0 up to and including the first one that is not below `most`; four to eight. */
export function ticks(most: number): number[] {
  const rough = Math.max(most, 1e-6) / 6
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = [1, 2, 2.5, 5, 10].map(one => one * power).find(one => one >= rough)!
  const count = Math.ceil(most / step - 1e-9)
  return Array.from({ length: Math.max(1, count) + 1 }, (_, i) => Number((i * step).toPrecision(6)))
}

/** Milliseconds as an axis shows them: the same unit at every tick. */
export function timeUnit(mostMs: number): { unit: string; perUnit: number } {
  return mostMs >= 2000 ? { unit: 's', perUnit: 1000 } : { unit: 'ms', perUnit: 1 }
}

/** The vertical axis of latencies with its lines; `y` places a value. */
export function latencyAxis(
  area: Area,
  mostMs: number,
): { drawn: string; y: (ms: number) => number } {
  const { unit, perUnit } = timeUnit(mostMs)
  const marks = ticks(mostMs / perUnit)
  const top = marks.at(-1)! * perUnit
  const y = (ms: number) => area.top + area.height * (1 - ms / top)
  const right = area.left + area.width
  const lines = marks.map(mark => {
    const at = y(mark * perUnit)
    const line = { x1: area.left, x2: right, y1: at, y2: at }
    const place = { x: area.left - 8, y: at + 4, 'text-anchor': 'end' }
    return (
      element('line', { ...line, stroke: mark === 0 ? ink.faint : ink.grid }) +
      label(String(mark), { ...place, 'font-size': 12, fill: ink.faint })
    )
  })
  const [x, middle] = [area.left - 52, area.top + area.height / 2]
  const title = label(`latency (${unit})`, {
    ...{ x, y: middle, 'text-anchor': 'middle', 'font-size': 13, fill: ink.text },
    transform: `rotate(-90 ${x} ${middle})`,
  })
  return { drawn: lines.join('') + title, y }
}
