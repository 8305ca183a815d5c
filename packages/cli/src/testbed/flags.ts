import { formatSchemeRequest, type ProfileName } from '@cocoi/planner'
import { parseScenario, type Scenario } from '@cocoi/simulator'
import { InvalidArgumentError } from 'commander'
import type { PlanningFlags } from '../planning-options.ts'
import { readSchemes } from '../scheme-list.ts'

/** `cocoi testbed` as it was typed. */
export interface TestbedFlags extends PlanningFlags {
  readonly model: string
  readonly devices: number
  readonly profile: ProfileName
  readonly schemes: string
  readonly scenario: string
  readonly requests: number
  readonly seed: number
  readonly dilation?: number
  readonly json?: string
  readonly csv?: string
  readonly svg?: string
  readonly sweepK?: string
}

/** A scenario under the name that the user gave it. */
export interface NamedScenario {
  readonly name: string
  readonly scenario: Scenario
}

/** Commas separate scenarios, `+` the parts of one. */
export function readScenarios(text: string): NamedScenario[] {
  return text.split(',').map(one => ({ name: one.trim(), scenario: parseScenario(one) }))
}

/** The schemes to measure by name, each once; with a sweep also the code with every number of pieces. */
export function schemesOf({
  schemes,
  sweepK,
  devices,
}: Pick<TestbedFlags, 'schemes' | 'sweepK' | 'devices'>): string[] {
  const named = readSchemes(schemes).map(formatSchemeRequest)
  const swept = sweepK === undefined ? [] : sweptPieces(devices).map(k => `mds:${devices},${k}`)
  return [...new Set([...named, ...swept])]
}

/** Every k of which at most half of the devices are redundant. */
export function sweptPieces(devices: number): number[] {
  const least = Math.ceil(devices / 2)
  return Array.from({ length: devices - least + 1 }, (_, i) => least + i)
}

export function dilation(text: string): number {
  const value = Number(text)
  if (value >= 0.1 && value <= 100) return value
  throw new InvalidArgumentError('--dilation takes a number from 0.1 to 100')
}
