import type { Attempts } from './attempts.ts'
import { LOCAL } from './local.ts'

/** A device that failed a row this often is not asked for it again. */
const MAX_FAILURES = 2

/** Who may be asked. */
export interface Field {
  /** In order of preference among equals; LOCAL where the coordinator may compute. */
  readonly devices: readonly string[]
  readonly attempts: Attempts
  readonly maxOutstanding: number
  /** Places of devices that have another number of them than `maxOutstanding`. */
  readonly places?: Readonly<Record<string, number>> | undefined
  /** Whether the row is not needed: it is then no device's second one, nor beyond its share. */
  readonly isSpare?: boolean
  /** Whether the coordinator would be through with a row before a device with two. */
  readonly localHelps?: boolean | undefined
}

/**
 * How reluctantly a row is given to a device:
 *
 * | 0 | nothing is known against it |
 * | 1 | it failed another row of the stage, or let one expire |
 * | 2 | the coordinator itself |
 * | 3 | it failed this row, or let it expire, or keeps any row waiting for longer than it should |
 *
 * @returns undefined if it is not to be asked again
 */
function reluctance(row: number, device: string, attempts: Attempts): number | undefined {
  const inVain = attempts.inVainOn(device)
  const sameRow = inVain.filter(attempt => attempt.row === row)
  const failures = sameRow.filter(({ state }) => state === 'failed').length
  if (failures >= MAX_FAILURES) return undefined
  if (sameRow.length > 0) return 3
  if (device === LOCAL) return 2
  if (attempts.isOwing(device)) return 3
  return inVain.length > 0 ? 1 : 0
}

/** Whether anybody may still be asked for the row, busy or not. */
export function hasTaker(row: number, { devices, attempts }: Field): boolean {
  return devices.some(device => reluctance(row, device, attempts) !== undefined)
}

/** Attempts a device may hold at a time. */
export function placesOf(
  device: string,
  { places, maxOutstanding }: Pick<Field, 'places' | 'maxOutstanding'>,
): number {
  return Math.max(1, places?.[device] ?? maxOutstanding)
}

function hasRoom(device: string, field: Field): boolean {
  const { attempts, places, isSpare } = field
  if (!isSpare) return attempts.loadOf(device) < placesOf(device, field)
  return device !== LOCAL && attempts.countOf(device) < (places?.[device] ?? 1)
}

/**
 * The device for a row: of the least reluctant kind present the one with the fewest open attempts,
 * where devices differ in places with the smallest share of them taken; one without a share comes
 * last; nobody is asked for a row it is at work on. An idle coordinator that would be through sooner than a
 * device that is at work takes the row instead. When all of that kind are busy the row waits; a worse kind is no substitute for a busy one,
 * since a device that fails at once would otherwise draw every waiting row to itself.
 */
export function chooseDevice(row: number, field: Field): string | undefined {
  const { attempts, places, maxOutstanding } = field
  const kinds = field.devices.map(device =>
    attempts.isUnderWay(row, device) ? undefined : reluctance(row, device, attempts),
  )
  const best = Math.min(...kinds.filter(kind => kind !== undefined))
  let chosen: string | undefined
  let least = Number.POSITIVE_INFINITY
  for (const [i, device] of field.devices.entries()) {
    if (kinds[i] !== best || !hasRoom(device, field)) continue
    const share = places?.[device] ?? maxOutstanding
    const taken = (attempts.openOn(device).length + 1) / share
    if (chosen !== undefined && taken >= least) continue
    least = taken
    chosen = device
  }
  return chosen !== undefined && helpsOut(row, chosen, field) ? LOCAL : chosen
}

/** Whether the coordinator, idle so far, takes a row that would queue behind another on the device. */
function helpsOut(row: number, device: string, field: Field): boolean {
  const { attempts, places, localHelps, devices } = field
  const isQueue = attempts.openOn(device).length >= Math.max(1, places?.[device] ?? 1)
  const isIdle = attempts.loadOf(LOCAL) === 0 && reluctance(row, LOCAL, attempts) === 2
  return localHelps === true && isQueue && isIdle && devices.includes(LOCAL)
}
