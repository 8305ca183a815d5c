import type { InferenceParameters } from '@cocoi/protocol'
import { Dice } from './dice.ts'
import type { Fault, FaultKind, TimedFault } from './fault.ts'

/** A request as the seed wants it. */
export interface PlannedRequest {
  /** How long its client rests before it. */
  readonly pauseMs: number
  readonly sample: number
  readonly parameters: InferenceParameters
}

/**
 * What happens in a run: the same for the same seed and size. Faults go by requests, not by the clock,
 * so that a slow machine has the same run, only slower.
 */
export interface Schedule {
  readonly requests: readonly PlannedRequest[]
  readonly faults: readonly TimedFault[]
}

export interface ScheduleOptions {
  readonly seed: number
  readonly requests: number
  readonly requestsPerFault: number
  readonly devices: number
  readonly samples: number
  readonly deadlineMs: number
}

/** Mean rest of a client between two requests. */
const pauseMs = 700

/** The first requests find everything whole. */
const calmRequests = 5

/** How often each kind is dealt from one deck. */
const deck: Readonly<Record<FaultKind, number>> = {
  'device-kill': 4,
  'device-flap': 1,
  'device-freeze': 2,
  'broker-kill': 2,
  'broker-swap': 1,
  'coordinator-kill': 2,
  'network-cut': 1,
  'network-stall': 1,
  'network-delay': 1,
  'cache-corrupt': 2,
  'disk-full': 1,
  'clock-jump': 2,
}

/** Weighted by how often it stands there. */
const schemes = [
  'mds:6,4',
  'mds:6,4',
  'mds',
  'uncoded',
  'uncoded',
  'replication:2',
  'whole',
] as const

/** An audit waits for more devices than an ordinary request. */
const audits = ['sampled', 'sampled', 'sampled', 'always'] as const

export function makeSchedule(options: ScheduleOptions): Schedule {
  const requests = makeRequests(options, new Dice(options.seed))
  return { requests, faults: makeFaults(options, new Dice(options.seed ^ 0x5eed)) }
}

function makeRequests({ requests, samples, deadlineMs }: ScheduleOptions, dice: Dice) {
  return Array.from({ length: requests }, (): PlannedRequest => {
    const scheme = dice.pick(schemes)
    const transport = dice.pick(['float16', 'float32'] as const)
    return {
      pauseMs: Math.round(dice.exponential(pauseMs)),
      sample: dice.between(0, samples - 1),
      parameters: { deadlineMs, scheme, transport, audit: dice.pick(audits) },
    }
  })
}

/** Faults stop a little before the requests do: the last ones show what is left broken. */
function makeFaults(options: ScheduleOptions, dice: Dice): TimedFault[] {
  const { requests, requestsPerFault, devices } = options
  const faults: TimedFault[] = []
  let cards: FaultKind[] = []
  for (let atRequest = calmRequests; atRequest < 0.9 * requests; ) {
    if (cards.length === 0) cards = dice.shuffled(fullDeck())
    faults.push({ atRequest, ...makeFault(cards.pop()!, devices, dice) })
    // One in four comes together with the one before it.
    if (dice.next() < 0.75) atRequest += dice.between(1, Math.round((8 / 3) * requestsPerFault))
  }
  return faults
}

function fullDeck(): FaultKind[] {
  return Object.entries(deck).flatMap(([kind, count]) => Array(count).fill(kind))
}

function makeFault(kind: FaultKind, devices: number, dice: Dice): Fault {
  const device = dice.between(0, devices - 1)
  switch (kind) {
    case 'device-kill': {
      const count = dice.pick([1, 1, 1, 2, 2, 3, devices])
      const everyone = Array.from({ length: devices }, (_, i) => i)
      return {
        kind,
        devices: dice.shuffled(everyone).slice(0, count),
        forMs: dice.between(0, 3000),
      }
    }
    case 'device-flap':
      return { kind, device, times: dice.between(3, 5) }
    case 'device-freeze':
      // Some are thawed before anybody could notice, some after the broker has cut them off.
      return { kind, device, forMs: dice.pick([500, 1500, 4000, 9000]) }
    case 'broker-kill':
    case 'coordinator-kill':
      return { kind, forMs: dice.between(0, 2500) }
    case 'broker-swap':
      return { kind, forMs: dice.between(2000, 6000) }
    case 'network-cut':
      return { kind, device, forMs: dice.between(200, 5000) }
    case 'network-stall':
      return { kind, device, forMs: dice.pick([500, 3000, 9000]) }
    case 'network-delay':
      return { kind, device, forMs: 5000, delayMs: dice.pick([20, 100, 400]) }
    case 'cache-corrupt':
      return { kind, device, running: dice.next() < 0.5 }
    case 'disk-full':
      return { kind, device, forMs: dice.between(2000, 5000) }
    case 'clock-jump':
      return { kind, device, to: dice.pick(['past', 'future', 'nonsense'] as const) }
  }
}
