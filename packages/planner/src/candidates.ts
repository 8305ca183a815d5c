import type { Scheme } from '@cocoi/coding'
import { evenLoads, hcmmLoads, type RowTime } from './hcmm.ts'
import { type Fleet, isUneven, meanSlowness } from './profile.ts'
import type { Work } from './work.ts'
import { workMs } from './work.ts'

/** A scheme for a stage, and which device gets how many of its rows. */
export interface Candidate {
  readonly scheme: Scheme
  /** In the order of the fleet; undefined for equal shares. */
  readonly rowsPerDevice: readonly number[] | undefined
}

/** Rows of a code; more cannot be built. */
export const maxRows = 256

/** Spare rows worth trying: few are cheap, many are for heavy straggling. */
const fewSpares = 8

/**
 * Schemes worth looking at for a stage of `extent` rows: uncoded and twofold replication over any
 * number of devices, MDS codes over many or all of them with one to many spare rows, and on an
 * uneven fleet codes of more rows than devices, dealt out by speed.
 *
 * @param extentWork work of the whole stage, which says what a row costs a device
 */
export function candidatesFor(extent: number, fleet: Fleet, extentWork: Work): Candidate[] {
  const devices = Math.min(fleet.devices.length, maxRows)
  const equal = counts(devices).flatMap(n => equalShares(n, extent))
  const uneven = isUneven(fleet) ? unevenShares(extent, fleet, extentWork) : []
  return [...equal.map(scheme => ({ scheme, rowsPerDevice: undefined })), ...uneven]
}

/** Numbers from 2 to `most`: all while they are few, then steps of about a seventh. */
function counts(most: number): number[] {
  const found: number[] = []
  for (let n = 2; n < most; n = Math.max(n + 1, Math.floor(n * 1.15))) found.push(n)
  return most >= 2 ? [...found, most] : found
}

function equalShares(n: number, extent: number): Scheme[] {
  const spares = [...Array(Math.min(fewSpares, n - 1)).keys()].map(i => i + 1)
  const mds = spares.map(spare => n - spare).filter(k => k <= extent)
  return [
    ...(n <= extent ? [{ type: 'uncoded', k: n } as const] : []),
    ...(n % 2 === 0 && n / 2 <= extent ? [{ type: 'replication', k: n / 2, r: 2 } as const] : []),
    ...mds.map(k => ({ type: 'mds', n, k }) as const),
  ]
}

/** One to four rows a device on average; HCMM's loads, and even ends with a few spare rows. */
function unevenShares(extent: number, fleet: Fleet, extentWork: Work): Candidate[] {
  const perDevice = fleet.devices.length
  const totals = [1, 1.5, 2, 3, 4].map(times => Math.round(times * perDevice))
  const most = Math.min(maxRows, extent)
  return totals
    .filter(k => k >= 2 && k <= most)
    .flatMap(k => {
      const times = rowTimes(fleet, extentWork, k)
      const coded = hcmmLoads(times, k).map(load => Math.round(load))
      const spares = [0, 1, 2, 3].map(spare => evenLoads(times, k + spare))
      return [coded, ...spares].flatMap(loads => candidateOf(loads, k))
    })
}

function candidateOf(rowsPerDevice: readonly number[], k: number): Candidate[] {
  const n = rowsPerDevice.reduce((sum, rows) => sum + rows, 0)
  if (n < k || n > maxRows) return []
  const scheme: Scheme = n === k ? { type: 'uncoded', k } : { type: 'mds', n, k }
  return [{ scheme, rowsPerDevice }]
}

/** Time of each device for one of k rows. */
function rowTimes({ devices }: Fleet, { flops, bytes }: Work, k: number): RowTime[] {
  return devices.map(device => {
    const shiftMs = workMs({ flops: flops / k, bytes: bytes / k }, device) + device.perSubtaskMs
    return { shiftMs, scaleMs: shiftMs * (meanSlowness(device) - 1) }
  })
}
