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
    ...computers.map(
      ({ machine, wantedFlopsPerS: wanted, measuredFlopsPerS: measured, ...one }) => {
        const how = `${one.engineCores.toFixed(3)} of a core, JavaScript ${one.jsCores.toFixed(3)}`
        const name = `${machine}: convolutions`
        return [name, gigaflops(wanted), gigaflops(measured), how + doubtOf(measured, wanted)]
      },
    ),
    ...links.map(({ machine, wantedBytesPerS: wanted, measuredBytesPerS: measured, ...one }) => {
      const how = `${megabits(one.limitBytesPerS)} in its token bucket`
      const name = `${machine}: transfer`
      return [name, megabits(wanted), megabits(measured), how + doubtOf(measured, wanted)]
    }),
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
