import { type DeviceProfile, type Fleet, type PlanLoad, workMs } from '@cocoi/planner'
import { SimulatorError } from './errors.ts'

/** How a device fails: its process ends and the broker tells, or it falls silent. */
export type FailureKind = 'crash' | 'hang'

/** What goes wrong during a run (CoCoI's scenarios 1 to 3, and more). */
export interface Scenario {
  /** Mean of the exponential part of every phase over its undisturbed time; undefined: as profiled. */
  readonly straggling: number | undefined
  /** Mean of an extra exponential delay of every transmission. */
  readonly delayMs: number
  /** Devices that fail in the course of every inference; they are back for the next. */
  readonly failures: number
  readonly failureKind: FailureKind
  /** The first device computes slower by this factor. */
  readonly slowdown: number
}

const healthy: Scenario = {
  ...{ straggling: undefined, delayMs: 0 },
  ...{ failures: 0, failureKind: 'crash' as const, slowdown: 1 },
}

/** The forms `parseScenario` reads; several are joined by `+`. */
export const scenarioForms =
  'healthy | stragglers:SCALE | delays:MS | failures:N[:hang] | slow:FACTOR'

/** The paper's names for some of them, with the middle of its sweep for the scale. */
const shorthands = new Map(
  Object.entries({
    none: 'healthy',
    straggling: 'stragglers:0.5',
    both: 'stragglers:0.5+failures:1',
    failures: 'failures:1',
    slow: 'slow:3',
  }),
)

/**
 * Reads a scenario as users write it, for example `stragglers:1+failures:2`. `none`, `straggling`,
 * `failures`, `both` and `slow` alone stand for common ones; `straggling:SCALE` is `stragglers:SCALE`.
 *
 * @throws {SimulatorError} ERR_BAD_SCENARIO
 */
export function parseScenario(text: string): Scenario {
  const parts = text
    .split('+')
    .flatMap(part => (shorthands.get(part.trim()) ?? part).split('+'))
    .map(part => partOf(part, text))
  return Object.assign({}, healthy, ...parts) as Scenario
}

function partOf(part: string, text: string): Partial<Scenario> {
  const [, name, digits, kind] =
    /^([a-z]+)(?::(\d+(?:\.\d+)?))?(?::(hang))?$/.exec(part.trim()) ?? []
  const value = digits === undefined ? undefined : Number(digits)
  const isPlain = kind === undefined && value !== undefined
  if (name === 'healthy' && value === undefined && kind === undefined) return {}
  if ((name === 'stragglers' || name === 'straggling') && isPlain) return { straggling: value }
  if (name === 'delays' && isPlain) return { delayMs: value }
  if (name === 'slow' && isPlain && value > 1) return { slowdown: value }
  if (name === 'failures' && Number.isInteger(value)) {
    return { failures: value!, failureKind: kind === 'hang' ? 'hang' : 'crash' }
  }
  const message = `"${text}" is not a scenario: use ${scenarioForms}, for example stragglers:1+failures:2`
  throw new SimulatorError('ERR_BAD_SCENARIO', message)
}

/** The fleet under a scenario, without its failures: who is slow, and how slow. */
export function underScenario(fleet: Fleet, scenario: Scenario): Fleet {
  const { straggling, delayMs, slowdown } = scenario
  const devices = fleet.devices.map((device, i) => {
    const factor = i === 0 ? slowdown : 1
    const link = { ...device.link, delayMs: device.link.delayMs + delayMs }
    const slowed = {
      ...device,
      flopsPerS: device.flopsPerS / factor,
      memoryBytesPerS: device.memoryBytesPerS / factor,
    }
    if (straggling === undefined) return { ...slowed, link }
    return { ...slowed, straggling, slowness: undefined, link: { ...link, straggling } }
  })
  return { ...fleet, devices }
}

/**
 * The fleet as its profiles show it after some time under the scenario: what the planner plans for.
 *
 * @param plan of an inference, over whose computing the failures spread
 */
export function profiledUnder(fleet: Fleet, scenario: Scenario, plan: PlanLoad): Fleet {
  const { devices, ...rest } = underScenario(fleet, scenario)
  const { failures, failureKind } = scenario
  const computingS = computingMs(plan, devices) / 1000
  const perS = computingS > 0 ? failures / computingS : 0
  const failing = devices.map(device => ({
    ...device,
    failuresPerS: device.failuresPerS + perS,
  }))
  const noticeMs = failureKind === 'hang' ? 3500 : rest.noticeMs
  return { ...rest, devices: failing, noticeMs: failures > 0 ? noticeMs : rest.noticeMs }
}

/** What all devices together compute in an inference, nobody being late. */
function computingMs({ stages }: PlanLoad, devices: readonly DeviceProfile[]): number {
  const onAverage = (stage: PlanLoad['stages'][number]) =>
    devices.reduce((sum, device) => sum + workMs(stage.subtask, device), 0) / devices.length
  return stages.reduce((sum, stage) => sum + stage.code.n * onAverage(stage), 0)
}
