import { colours } from '../colours.ts'
import { table } from '../tables.ts'
import type { Calibration } from './calibration.ts'

/** What the emulated computers are like, measured. */
export function describeCalibration({
  dilation,
  coreFlopsPerS,
  computers,
  links,
}: Calibration): string {
  const time =
    dilation === 1
      ? 'in real time'
      : `${dilation} times ${dilation > 1 ? 'slower' : 'faster'} than real time; reported times are those of a Pi`
  const head = ['calibration', 'wanted', 'measured', 'how']
  const rows = [
    ...computers.map(one => [
      `${one.machine}: convolutions`,
      gigaflops(one.wantedFlopsPerS),
      gigaflops(one.measuredFlopsPerS),
      `${one.engineCores.toFixed(3)} of a core, JavaScript ${one.jsCores.toFixed(3)}${doubtOf(one.measuredFlopsPerS, one.wantedFlopsPerS)}`,
    ]),
    ...links.map(one => [
      `${one.machine}: transfer`,
      megabits(one.wantedBytesPerS),
      megabits(one.measuredBytesPerS),
      `${megabits(one.limitBytesPerS)} in its token bucket${doubtOf(one.measuredBytesPerS, one.wantedBytesPerS)}`,
    ]),
  ]
  const core = `one core here computes ${gigaflops(coreFlopsPerS)}`
  return `${table(head, rows, ['left', 'right', 'right', 'left'])}\nEverything runs ${time}; ${core}.`
}

/** This much off, and what is measured is not what the profile says. */
const tolerable = 0.1

function doubtOf(measured: number, wanted: number): string {
  const off = Math.abs(measured / wanted - 1)
  if (off <= tolerable) return ''
  return colours.red(`; off by ${Math.round(100 * off)} %: is this machine busy with other things?`)
}

function gigaflops(flopsPerS: number): string {
  return `${(flopsPerS / 1e9).toPrecision(3)} GFLOP/s`
}

function megabits(bytesPerS: number): string {
  return `${((bytesPerS * 8) / 1e6).toPrecision(3)} Mb/s`
}
