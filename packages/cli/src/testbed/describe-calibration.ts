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
      `${one.engineCores.toFixed(3)} of a core, JavaScript ${one.jsCores.toFixed(3)}`,
    ]),
    ...links.map(one => [
      `${one.machine}: transfer`,
      megabits(one.wantedBytesPerS),
      megabits(one.measuredBytesPerS),
      `${megabits(one.limitBytesPerS)} in its token bucket`,
    ]),
  ]
  const core = `one core here computes ${gigaflops(coreFlopsPerS)}`
  return `${table(head, rows, ['left', 'right', 'right', 'left'])}\nEverything runs ${time}; ${core}.`
}

function gigaflops(flopsPerS: number): string {
  return `${(flopsPerS / 1e9).toPrecision(3)} GFLOP/s`
}

function megabits(bytesPerS: number): string {
  return `${((bytesPerS * 8) / 1e6).toPrecision(3)} Mb/s`
}
