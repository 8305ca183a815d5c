import {
  type EffectiveSetting,
  effectiveSettings,
  type SectionFlags,
  type SectionName,
} from '@cocoi/service'
import { colours } from './colours.ts'
import { table } from './tables.ts'

/** How settings are printed. */
export interface PrintOptions {
  readonly sections?: readonly SectionName[] | undefined
  readonly flags?: SectionFlags
  readonly json?: boolean | undefined
}

/**
 * Prints what a daemon would run with, and where each value comes from.
 *
 * @throws {ServiceError} ERR_BAD_CONFIG
 */
export function printSettings({ sections, flags, json }: PrintOptions): void {
  const settings = effectiveSettings(sections, flags)
  process.stdout.write(`${json ? jsonText(settings) : settingsTable(settings)}\n`)
}

function jsonText(settings: readonly EffectiveSetting[]): string {
  const entries = settings.map(({ key, value, origin, from }) => [key, { value, origin, from }])
  return JSON.stringify(Object.fromEntries(entries), undefined, 2)
}

function settingsTable(settings: readonly EffectiveSetting[]): string {
  const rows = settings.map(setting => {
    const { key, value, unit, origin, from } = setting
    const source = origin === 'default' ? colours.dim('default') : from
    return [key, valueText(value), unit ?? '', source]
  })
  return table(['setting', 'value', 'unit', 'from'], rows, ['left', 'left', 'left', 'left'])
}

/** A text as it is, and one that is empty so that it can be seen. */
function valueText(value: unknown): string {
  return typeof value === 'string' && value !== '' ? value : JSON.stringify(value)
}
