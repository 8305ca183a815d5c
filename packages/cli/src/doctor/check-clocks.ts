import { type Finding, failure, fine, unknown, warning } from './finding.ts'

/** Whose clock, and how much it is ahead of the one here. */
export interface ClockReading {
  readonly who: string
  readonly aheadMs: number
}

/** Heartbeats need some time to arrive. */
const TOLERATED_MS = 5000
/** Certificates have been refused for less. */
const BROKEN_MS = 24 * 3_600_000

/** Holds the clock here and those of the others against each other; the majority is right. */
export function checkClocks(readings: readonly ClockReading[]): Finding[] {
  if (readings.length === 0) {
    return [unknown('clock', 'nobody sends heartbeats with which it could be compared')]
  }
  const reference = median(readings.map(({ aheadMs }) => aheadMs))
  const here = judged('the clock of this machine', -reference, readings)
  const others = readings.map(({ who, aheadMs }) =>
    judged(`the clock of ${who}`, aheadMs - reference, readings),
  )
  const wrong = [here, ...others].filter(one => one !== undefined)
  if (wrong.length > 0) return wrong
  const compared = readings.length === 1 ? readings[0]!.who : `${readings.length} others`
  const seconds = (Math.abs(reference) / 1000).toFixed(1)
  return [fine('clock', `within ${seconds} s of ${compared}`)]
}

function judged(
  subject: string,
  offMs: number,
  { length }: readonly ClockReading[],
): Finding | undefined {
  const offBy = Math.abs(offMs)
  if (offBy <= TOLERATED_MS) return undefined
  const side = offMs > 0 ? 'ahead of' : 'behind'
  const others = length === 1 ? 'the other one' : 'most others'
  const message = `${subject} is ${duration(offBy)} ${side} ${others}`
  const fix = 'run timedatectl set-ntp true on the one that is wrong, and give it a time server'
  return (offBy > BROKEN_MS ? failure : warning)('clock', message, fix)
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)]!
}

function duration(ms: number): string {
  const [amount, unit] = [
    [ms / 86_400_000, 'days'] as const,
    [ms / 3_600_000, 'hours'] as const,
    [ms / 60_000, 'minutes'] as const,
    [ms / 1000, 'seconds'] as const,
  ].find(([amount]) => amount >= 2) ?? [ms, 'milliseconds']
  return `${Math.round(amount)} ${unit}`
}
